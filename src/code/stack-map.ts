import { SourceMap } from 'node:module'
import type { Artefact } from './artefact.js'
import { isOurs } from './caller.js'

/** What is needed to map the stacks of one artefact. */
interface Mapping {
  readonly name: string
  readonly kind: Artefact['kind']
  readonly text: string | undefined
  map?: SourceMap
}

// By hash, for as long as somebody holds the loaded code.
const mappings = new Map<string, WeakRef<Mapping>>()
const dropped = new FinalizationRegistry<string>((hash) => {
  if (mappings.get(hash)?.deref() === undefined) mappings.delete(hash)
})

/** Stacks of this artefact can be mapped until the returned object is dropped. */
export function remember({ hash, name, kind, map }: Artefact): object {
  const known = mappings.get(hash)?.deref()
  if (known !== undefined) return known
  const mapping: Mapping = { name, kind, text: map }
  mappings.set(hash, new WeakRef(mapping))
  dropped.register(mapping, hash)
  return mapping
}

/**
 * Rewrites an error's stack (and its causes') from positions in loaded artefacts to the user's source lines, and takes
 * out Heddle's own frames unless `HEDDLE_STACK=full`.
 */
export function mapStack(error: unknown): void {
  const seen = new Set<unknown>()
  const waiting: unknown[] = [error]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (!(one instanceof Error) || seen.has(one)) continue
    seen.add(one)
    rewrite(one)
    waiting.push(one.cause, ...(one instanceof AggregateError ? one.errors : []))
  }
}

function rewrite(error: Error): void {
  const { stack } = error
  if (typeof stack !== 'string') return
  const start = firstFrame(error, stack)
  if (start === -1) return
  const frames = stack.slice(start).split('\n')
  const mapped = (process.env.HEDDLE_STACK === 'full' ? frames : withoutOurs(frames)).map(mapFrame)
  // A frozen error keeps what it has.
  Reflect.set(error, 'stack', stack.slice(0, start) + mapped.join('\n'))
}

/** Where the frames begin; the message before them may have lines that look like one. */
function firstFrame(error: Error, stack: string): number {
  const afterMessage = stack.indexOf(error.message) === -1 ? 0 : stack.indexOf(error.message) + error.message.length
  const found = stack.slice(afterMessage).search(/^ {4}at /m)
  return found === -1 ? -1 : afterMessage + found
}

const isInternal = (frame: string) => /[ (]node:/.test(frame)

/** Frames of Heddle go; those of Node stay where the user's code called into it. */
function withoutOurs(frames: string[]): string[] {
  const theirs = frames.filter((frame) => !isOurs(frame))
  const last = theirs.findLastIndex((frame) => !isInternal(frame))
  return last === -1 ? frames : theirs.slice(0, last + 1)
}

function mapFrame(frame: string): string {
  return frame.replace(/heddle:([0-9a-f]{32})\/[^\s()]*?:(\d+):(\d+)/, (position, hash, line, column) => {
    const mapping = mappings.get(hash)?.deref()
    return mapping === undefined ? position : sourcePosition(mapping, Number(line), Number(column))
  })
}

function sourcePosition(mapping: Mapping, line: number, column: number): string {
  if (mapping.text === undefined) return `${mapping.kind} ${mapping.name}:${line}:${column}`
  mapping.map ??= new SourceMap(JSON.parse(mapping.text))
  const entry = mapping.map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry)) return `${mapping.name}:${line}:${column}`
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}
