/**
 * Loopback is open to every user of this machine, and whoever is let in runs code as this one. Linux says whose the other
 * end of a connection within the machine is: only this user and root are let in (docs/decisions/other-users.md).
 */
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
const ESTABLISHED = '01'
const LISTENING = '0A'
const MAPPED = '0000000000000000ffff0000'
const LOOPBACK_6 = '00000000000000000000000001000000'

/** What the system says of connections within this machine. */
export interface Sockets {
  /** By the ends of a connection, as hex of addresses and ports, the user of the first end. */
  readonly owners: ReadonlyMap<string, number>
  /** Ports at which somebody listens. */
  readonly listening: ReadonlySet<string>
}

/** Why that one is not let in, or undefined. It is asked before a byte of it was read. */
export async function whyNotLocal(accepted: Socket): Promise<string | undefined> {
  const ours = process.getuid?.()
  if (ours === undefined || process.platform !== 'linux') return undefined
  const { remoteAddress, remotePort, localAddress, localPort } = accepted
  const { owners, listening } = await currentSockets()
  // A system that does not even show our own listener says nothing.
  if (!listening.has(hexPort(localPort))) return undefined
  const owner = owners.get(`${endOf(remoteAddress, remotePort)} ${endOf(localAddress, localPort)}`)
  if (owner === undefined) return 'it has hung up, so that the system does not say whose it was'
  return owner === ours || owner === 0 ? undefined : foreign(owner, ours)
}

function foreign(owner: number, ours: number): string {
  return (
    `it belongs to another user of this machine (uid ${owner}; this node runs as ${ours}), who could run code as this one. ` +
    'To let all users in, say so with --insecure (insecure: true), or use certificates'
  )
}

let running: Promise<unknown> = Promise.resolve()
let next: Promise<Sockets> | undefined

/** Read after this call; those who ask meanwhile share what is read. */
function currentSockets(): Promise<Sockets> {
  next ??= running.then(() => {
    next = undefined
    const reading = readSockets()
    running = reading
    return reading
  })
  return next
}

async function readSockets(): Promise<Sockets> {
  const tables = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => '')))
  return socketsIn(tables.join('\n'))
}

/** Owners are those of connections that are open at both ends: of others the system forgets the user. */
export function socketsIn(tables: string): Sockets {
  const owners = new Map<string, number>()
  const listening = new Set<string>()
  for (const line of tables.split('\n')) {
    const [, local = '', remote = '', state, , , , uid, , inode] = line.trim().split(/\s+/)
    if (state === LISTENING) listening.add(local.slice(local.indexOf(':') + 1).toLowerCase())
    else if (state === ESTABLISHED && inode !== '0') owners.set(`${plain(local)} ${plain(remote)}`, Number(uid))
  }
  return { owners, listening }
}

/** An address of the fourth version that is written as one of the sixth is the same. */
function plain(end: string): string {
  const lower = end.toLowerCase()
  return lower.startsWith(MAPPED) ? lower.slice(MAPPED.length) : lower
}

/** As the system's tables write it. Of the sixth version there is one address that is loopback. */
function endOf(address = '', port = 0): string {
  const four = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const host = four === null ? LOOPBACK_6 : four.slice(1).reverse().map(hexByte).join('')
  return `${host}:${hexPort(port)}`
}

function hexByte(byte: string): string {
  return Number(byte).toString(16).padStart(2, '0')
}

function hexPort(port = 0): string {
  return port.toString(16).padStart(4, '0')
}
