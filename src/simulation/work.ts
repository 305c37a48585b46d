/** What simulated tasks do: their arguments say how long they take and how they end; their values can be foretold. */
import { Encoded } from '../values/encoded.js'

/** Arguments of one task. */
export interface Plan {
  readonly key: string
  readonly deps: readonly string[]
  readonly ms: number
  /** How many attempts throw. */
  readonly failures: number
  /** It gives its slot back half way. */
  readonly secedes: boolean
  /** Its first run asks to be run elsewhere. */
  readonly reschedules: boolean
  /** Its result must never be made twice. */
  readonly effect?: boolean
  /** Tells it from other work that had the same key before. */
  readonly version?: number
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

/** A value that is a text. */
export function encodeText(text: string): Encoded {
  const head = ENCODER.encode(text)
  return new Encoded(head, [], head.byteLength)
}

/** The text again. */
export function decodeText(value: Encoded): string {
  return DECODER.decode(value.head)
}

/** From the arguments of a task. */
export function planOf(args: Encoded): Plan {
  return JSON.parse(decodeText(args)) as Plan
}

/** The one value that the task can have, given those of its inputs. */
export function resultOf({ key, version }: Plan, inputs: readonly string[]): string {
  let hash = 7
  for (const c of `${key}${version ?? ''}(${inputs.join()})`) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) | 0
  return `${key}:${hash >>> 0}`
}
