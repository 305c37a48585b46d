import { createLogger } from '../log/log.js'

/** Writes the lines by which a node says where it is: to stdout for people, to the log where that is JSON. */
export function announcer(name: string): (line: string) => void {
  if (process.env.HEDDLE_LOG_FORMAT !== 'json') return (line) => console.log(line)
  const logger = createLogger(name)
  return (line) => logger.info(line)
}
