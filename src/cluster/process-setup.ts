import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLogger } from '../log/log.js'

/** Writes the lines by which a node says where it is: to stdout for people, to the log where that is JSON. */
export function announcer(name: string): (line: string) => void {
  if (process.env.HEDDLE_LOG_FORMAT !== 'json') return (line) => console.log(line)
  const logger = createLogger(name)
  return (line) => logger.info(line)
}

/** Runs a module of the user's for its effects: a path is taken from the working directory. */
export async function importPreload(specifier: string): Promise<void> {
  const isPath = specifier.startsWith('.') || isAbsolute(specifier)
  await import(isPath ? pathToFileURL(resolve(specifier)).href : specifier)
}
