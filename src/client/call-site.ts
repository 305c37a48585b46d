import type { Artefact } from '../code/artefact.js'

/**
 * Where user code called: kept for each submission, since an error is of use only with the line that asked for the
 * work. V8 keeps positions and makes text of them when it is read, so this costs 2 µs and 300 bytes; of one turn only
 * the first two hundred calls pay for it.
 */
const FRAMES = 4
const CAPTURED_PER_TURN = 200

let captured = 0

/** A place in user code. */
export interface CallSite {
  readonly stack: string
  /** What was submitted there, if it travelled by its source: on a worker nothing is known of its file. */
  code?: Artefact
}

/** The callers of `below`, which must be running; undefined if this turn has had enough of them. */
export function callSite(below: (...args: never[]) => unknown, code?: Artefact): CallSite | undefined {
  if (captured >= CAPTURED_PER_TURN) return undefined
  if (captured++ === 0) setImmediate(() => (captured = 0))
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const site = {} as CallSite
  Error.captureStackTrace(site, below)
  Error.stackTraceLimit = before
  if (code?.kind === 'function') site.code = code
  return site
}

/** The stack lines of a place, without the head that V8 puts above them. */
export function linesOf(site: CallSite | undefined): string | undefined {
  const text = site?.stack
  const at = text === undefined ? -1 : text.indexOf('\n    at ')
  return at < 0 ? undefined : text?.slice(at + 1)
}
