/**
 * Who listens at a TCP address also listens at a Unix socket, for others of the same machine and user, and says so in a
 * record that they can read: a file named after the address, in a folder that only this user can enter. Addresses stay
 * as they are; whoever cannot read the record, for whatever reason, dials TCP (docs/decisions/unix-sockets.md).
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLoopbackHost } from '../config/loopback.js'
import type { Address } from '../protocol/names.js'
import { type ParsedAddress, parseAddress } from '../util/address.js'

/** Longer ones are silently cut by the system, so that two of them may be one. */
const PATH_MAX = 100
const SOCKET_NAME_BYTES = 16
const SOCKET_NAME = /^[0-9a-f]{16}$/
const RECORD = /\.json$/
const RECORD_NAME = /^(\w+)-(.+)-(\d+)\.json$/

interface Record {
  readonly pid: number
  /** Process ids of other containers mean nothing here. */
  readonly pids: string
  readonly socket: string
}

/** What is announced, until it is withdrawn. */
export interface Announcement {
  /** Where the socket is to be. */
  readonly path: string
  /** It is there: others may know. */
  publish(): Promise<void>
  withdraw(): Promise<void>
}

/** False: all is to go by TCP (`HEDDLE_UNIX_SOCKETS=off`). */
export function areUnixSocketsOn(): boolean {
  return process.env.HEDDLE_UNIX_SOCKETS !== 'off' && process.platform !== 'win32'
}

/** A place for a socket beside the one at this address; undefined where there is no safe one. */
export async function announce(bound: ParsedAddress): Promise<Announcement | undefined> {
  const folder = await safeFolder()
  if (folder === undefined) return undefined
  await purge(folder)
  const socket = randomBytes(8).toString('hex')
  const path = join(folder, socket)
  const record = join(folder, await recordName(bound.host, bound.port))
  const written = { pid: process.pid, pids: await namespace('pid'), socket } satisfies Record
  return {
    path,
    publish: async () => {
      const draft = `${path}.new`
      await writeFile(draft, JSON.stringify(written), { mode: 0o600 })
      await rename(draft, record)
      left.add(path).add(record)
    },
    withdraw: async () => {
      // Another one may have taken the port since.
      if ((await readRecord(record))?.socket === socket) await rm(record, { force: true })
      await rm(path, { force: true })
      left.delete(path)
      left.delete(record)
    },
  }
}

/** The socket of whoever listens at this address, if that is on this machine and says so. */
export async function findSocket({ host, port }: ParsedAddress): Promise<string | undefined> {
  if (!areUnixSocketsOn() || !isHere(host)) return undefined
  const folder = await safeFolder()
  if (folder === undefined) return undefined
  for (const listening of [host, host.includes(':') ? '::' : '0.0.0.0']) {
    const record = await readRecord(join(folder, await recordName(listening, port)))
    if (record !== undefined) return join(folder, record.socket)
  }
  return undefined
}

/** Where nodes of this user listen on this machine, as far as they said so; wildcard addresses as loopback. */
export async function listenersHere(): Promise<Address[]> {
  const folder = await safeFolder()
  if (folder === undefined) return []
  const network = await namespace('net')
  const found: Address[] = []
  for (const name of await readdir(folder).catch(() => [])) {
    const [, ns, host = '', port] = RECORD_NAME.exec(name) ?? []
    if (ns !== network || port === undefined) continue
    const at = decodeURIComponent(host)
    found.push(parseAddress({ host: /^(0\.0\.0\.0|::)$/.test(at) ? '127.0.0.1' : at, port: Number(port) }).address)
  }
  return found
}

/** For a process that ends without having closed its listeners. */
const left = new Set<string>()
process.once('exit', () => {
  for (const path of left) rmSync(path, { force: true })
})

/** An address of this machine. */
export function isHere(host: string): boolean {
  if (isLoopbackHost(host)) return true
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host))
}

/** Ports are counted for each network namespace: a record of another container is none of ours. */
async function recordName(host: string, port: number): Promise<string> {
  return `${await namespace('net')}-${encodeURIComponent(host)}-${port}.json`
}

async function namespace(kind: 'net' | 'pid'): Promise<string> {
  const link = await readlink(`/proc/self/ns/${kind}`).catch(() => '')
  return link.replace(/\D/g, '') || 'all'
}

async function readRecord(path: string): Promise<Record | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Record
    return Number.isInteger(record.pid) && SOCKET_NAME.test(record.socket) ? record : undefined
  } catch {
    return undefined
  }
}

/** Made if need be. Undefined: others could write there, or its name is too long. */
async function safeFolder(): Promise<string | undefined> {
  const uid = process.getuid?.()
  if (uid === undefined || !areUnixSocketsOn()) return undefined
  const folders = [tmpdir(), '/tmp'].map((parent) => join(parent, `heddle-sockets-${uid}`))
  const folder = folders.find((one) => Buffer.byteLength(one) + 1 + SOCKET_NAME_BYTES <= PATH_MAX)
  return folder !== undefined && (await isPrivate(folder, uid)) ? folder : undefined
}

async function isPrivate(folder: string, uid: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 }).catch(() => {})
    const stats = await lstat(folder)
    return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0
  } catch {
    return false
  }
}

let purged: Promise<void> | undefined

/** Once per process: what killed processes have left. */
function purge(folder: string): Promise<void> {
  purged ??= removeLeftovers(folder).catch(() => {})
  return purged
}

/** Sockets and records of processes that do not run any more. */
export async function removeLeftovers(folder: string): Promise<void> {
  const pids = await namespace('pid')
  for (const name of await readdir(folder)) {
    if (!RECORD.test(name)) continue
    const record = await readRecord(join(folder, name))
    if (record === undefined || record.pids !== pids || isRunning(record.pid)) continue
    await rm(join(folder, record.socket), { force: true })
    await rm(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
