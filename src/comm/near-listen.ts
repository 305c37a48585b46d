import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../protocol/names.js'
import { parseAddress } from '../util/address.js'
import { type Announcement, announce, areUnixSocketsOn } from './same-host.js'

const BACKLOG = 1024

/** The ends of a connection by Unix socket: who dialled has no port. */
export function nearEnds(
  listening: Address,
  side: 'dialled' | 'accepted' = 'accepted',
): { localAddress: Address; peerAddress: Address } {
  const { host } = parseAddress(listening)
  const dialler = parseAddress({ host, port: 0 }).address
  if (side === 'dialled') return { localAddress: dialler, peerAddress: listening }
  return { localAddress: listening, peerAddress: dialler }
}

/** What listens beside a TCP listener, for peers of this machine. */
export interface NearListener {
  close(): Promise<void>
  ref(): void
  unref(): void
}

/** Undefined where it cannot be, or shall not: peers come by TCP then. */
export async function listenNear(
  bound: Address,
  onConnection: (accepted: Socket) => void,
): Promise<NearListener | undefined> {
  if (!areUnixSocketsOn()) return undefined
  const place = await announce(parseAddress(bound)).catch(() => undefined)
  if (place === undefined) return undefined
  const server = createServer({ pauseOnConnect: true }, onConnection)
  try {
    await listen(server, place.path)
    await place.publish()
  } catch {
    await close(server, place)
    return undefined
  }
  return { close: () => close(server, place), ref: () => void server.ref(), unref: () => void server.unref() }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      // Too many open files: that connection is not made; the others go on.
      server.on('error', () => {})
      resolve()
    })
  })
}

async function close(server: Server, place: Announcement): Promise<void> {
  await place.withdraw().catch(() => {})
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
