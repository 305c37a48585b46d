/**
 * The scratch directory of a worker: made when it starts, removed when it ends. Each says in a file whose it is, so that
 * what a killed process left behind can be told from what is in use, and from what is not ours at all.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'heddle-worker-'
const OWNER_FILE = 'owner.json'
/** How much is looked at in one directory: a shared one may hold anything. */
const LOOK_AT_MOST = 1000

/** The process that uses a directory. A process id alone is given again to others. */
interface Owner {
  readonly pid: number
  /** When the process began, in ticks since the machine did; null where the system does not tell. */
  readonly began: string | null
}

/** Makes a directory for one worker in `parent`, and removes what dead processes of this user have left there. */
export async function makeLocalDirectory(parent = tmpdir()): Promise<string> {
  await mkdir(parent, { recursive: true })
  await purge(parent, 0)
  const directory = await mkdtemp(join(parent, PREFIX))
  await markLocalDirectory(directory)
  return directory
}

/** Says whose it is. To be done again when somebody else has removed it and it was made anew. */
export async function markLocalDirectory(directory: string): Promise<void> {
  await writeFile(join(directory, OWNER_FILE), JSON.stringify(await ownerOf(process.pid)))
}

/** Removes what `makeLocalDirectory` has made. */
export async function removeLocalDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

/** Nothing here is worth failing a start for. */
async function purge(parent: string, depth: number): Promise<number> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  const ours = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(PREFIX)).slice(0, LOOK_AT_MOST)
  const removed = await Promise.all(ours.map((entry) => purgeOne(join(parent, entry.name), depth)))
  return removed.filter(Boolean).length
}

async function purgeOne(directory: string, depth: number): Promise<boolean> {
  try {
    const { uid } = await stat(directory)
    if (process.getuid !== undefined && uid !== process.getuid()) return false
    const owner = await readOwner(directory)
    if (owner === undefined) return await purgeScratch(directory, depth)
    if (await isRunning(owner)) return false
    await rm(directory, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

/** A nanny's directory around the one of its worker; without one that died in it, it may be about to be used. */
async function purgeScratch(directory: string, depth: number): Promise<boolean> {
  if (depth > 0 || (await purge(directory, depth + 1)) === 0) return false
  await rmdir(directory)
  return true
}

async function readOwner(directory: string): Promise<Owner | undefined> {
  const text = await readFile(join(directory, OWNER_FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { pid, began } = JSON.parse(text) as Partial<Owner>
  if (!Number.isInteger(pid)) return undefined
  return { pid: pid as number, began: typeof began === 'string' ? began : null }
}

async function isRunning(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = await ownerOf(owner.pid)
  return owner.began === null || now.began === null || owner.began === now.began
}

async function ownerOf(pid: number): Promise<Owner> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The second field is a name in brackets, in which anything may stand; the 22nd is the time of the start.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid, began: fields[19] ?? null }
}
