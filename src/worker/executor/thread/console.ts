import { format } from 'node:util'
import type { Key } from '../../../protocol/names.js'
import type { LogEntryLevel } from '../thread-messages.js'

const LEVELS: readonly LogEntryLevel[] = ['log', 'info', 'warn', 'error', 'debug']
const LONGEST_TEXT = 16 * 1024
/** More lines of one second are counted and not sent. */
const LINES_PER_SECOND = 1000

/** Sends what `console` is told to `send`, at most so many lines a second. */
export function captureConsole(
  currentKey: () => Key | undefined,
  send: (level: LogEntryLevel, key: Key | undefined, text: string) => void,
): void {
  let second = 0
  let lines = 0
  for (const level of LEVELS) {
    console[level] = (...args: unknown[]) => {
      const current = Math.floor(performance.now() / 1000)
      if (current !== second) {
        if (lines > LINES_PER_SECOND) send('warn', undefined, `${lines - LINES_PER_SECOND} lines of output left out`)
        second = current
        lines = 0
      }
      if (++lines <= LINES_PER_SECOND) send(level, currentKey(), format(...args).slice(0, LONGEST_TEXT))
    }
  }
}
