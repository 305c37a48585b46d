import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Artefact } from '../code/artefact.js'
import { isFileName } from '../code/environment.js'
import { LoadError } from '../errors.js'

/** Where a worker puts a file that a client uploaded: apart from others of the same name. */
export function pathOfFile(localDirectory: string, hash: string, name: string): string {
  return join(localDirectory, 'files', hash, name)
}

/** Writes a file for the tasks of this worker. @throws LoadError when the disk does not take it. */
export async function writeTaskFile(localDirectory: string, { hash, body }: Artefact): Promise<void> {
  const end = body.indexOf('\n')
  const name = body.slice(0, end)
  if (!isFileName(name)) throw new LoadError('HEDDLE_LOAD', `'${name}' is no name for an uploaded file`)
  const path = pathOfFile(localDirectory, hash, name)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, Buffer.from(body.slice(end + 1), 'base64'))
  } catch (cause) {
    const reason = (cause as Error).message
    throw new LoadError('HEDDLE_LOAD', `the uploaded file '${name}' could not be written: ${reason}`, { cause })
  }
}

/** Removes it, when no task can want it. */
export function removeTaskFile(localDirectory: string, hash: string): void {
  void rm(join(localDirectory, 'files', hash), { recursive: true, force: true }).catch(() => {})
}
