import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { OptionError } from '../errors.js'
import { isAlive } from '../nanny/alive.js'

/**
 * Writes this process's id to `path`, and removes the file when the process ends. A file left by a process that is
 * gone is replaced.
 * @throws OptionError when the process that the file names is alive.
 */
export function holdPidFile(path: string | undefined): void {
  if (path === undefined) return
  const holder = livingHolder(path)
  if (holder !== undefined) throw new OptionError('--pid-file', `${path} names process ${holder}, which is running`)
  writeFileSync(path, `${process.pid}\n`)
  process.once('exit', () => rmSync(path, { force: true }))
}

function livingHolder(path: string): number | undefined {
  const pid = Number(readIfThere(path))
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
