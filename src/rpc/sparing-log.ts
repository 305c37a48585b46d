import type { LogFields, Logger } from '../log/log.js'

const LINES = 20
const WITHIN_MS = 10_000

/**
 * A logger for lines that strangers can cause: of warnings and of errors the first 20 of each 10 seconds are written,
 * later how many there were beside them.
 */
export function sparing(logger: Logger): Logger {
  const warn = sparely((message, fields) => logger.warn(message, fields))
  const error = sparely((message, fields) => logger.error(message, fields))
  return { debug: (...line) => logger.debug(...line), info: (...line) => logger.info(...line), warn, error }
}

type Write = (message: string, fields?: LogFields) => void

function sparely(write: Write): Write {
  let since = Number.NEGATIVE_INFINITY
  let lines = 0
  return (message, fields) => {
    const now = performance.now()
    if (now - since > WITHIN_MS) {
      if (lines > LINES) write(`${lines - LINES} more lines about peers were left out`)
      since = now
      lines = 0
    }
    if (++lines <= LINES) write(message, fields)
  }
}
