import { OptionError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { TaskLog } from '../protocol/messages.js'

/** Takes what tasks print, line by line. */
export type LogSink = (line: TaskLog) => void

/** As on the worker, each line with its worker's name and the task's key before it. */
export function printTaskLog({ worker, key, level, text }: TaskLog): void {
  const prefix = `[${worker} ${key}] `
  console[level](prefix + text.replaceAll('\n', `\n${prefix}`))
}

/** What the option `logs` of a client means. A sink that throws harms nothing but its line. @throws OptionError. */
export function sinkOf(logs: unknown, logger: Logger): LogSink | undefined {
  if (logs === undefined || logs === false) return undefined
  if (logs === true) return printTaskLog
  if (typeof logs !== 'function')
    throw new OptionError('logs', 'must be true, false or a function that takes each line')
  return (line) => {
    try {
      ;(logs as LogSink)(line)
    } catch (error) {
      logger.warn('the function that was given as logs threw', { error })
    }
  }
}
