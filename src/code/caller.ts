import { fileURLToPath } from 'node:url'

/** Where a frame of a stack stands. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

// The folders of Heddle's own code: what runs, and where the runtime's source maps say that it comes from.
const RUNNING = fileURLToPath(new URL('../', import.meta.url))
const OURS = [RUNNING, RUNNING.replace(/([\\/])dist([\\/])$/, '$1src$2')]

/** Whether a line of a stack is Heddle's own. */
export const isOurs = (frame: string) => OURS.some((folder) => frame.includes(folder)) && !frame.includes('heddle:')

const POSITION = /\(?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/

/** The nearest caller outside Heddle, with source maps applied as far as the runtime does. */
export function callerPosition(): Position | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 50
  const { stack = '' } = new Error('where')
  Error.stackTraceLimit = limit
  return stack.split('\n').flatMap(positionIn)[0]
}

/** Of a line of a stack; nothing, where it is Heddle's own or names no file. */
export function positionIn(frame: string): Position[] {
  const [, file, line, column] = (!isOurs(frame) && POSITION.exec(frame)) || []
  return file === undefined ? [] : [{ file: pathOf(file), line: Number(line), column: Number(column) }]
}

/** A file's path, of a path or file URL; what a loader appended to it as a query is cut off. */
export function pathOf(file: string): string {
  const bare = file.replace(/\?.*$/, '')
  return bare.startsWith('file:') ? fileURLToPath(bare) : bare
}
