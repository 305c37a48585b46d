import { createServer, type Server, type Socket } from 'node:net'
import { isLoopbackHost } from '../config/loopback.js'
import { ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { parseAddress } from '../util/address.js'
import { bind, boundAddress, type Ends, endsOf } from './binding.js'
import type { Listener, ListenOptions } from './comm.js'
import { STRANGERS_MAX } from './limits.js'
import { whyNotLocal } from './local-users.js'
import { listenNear, nearEnds } from './near-listen.js'
import { Receiver } from './receiver.js'
import { adopt, canAdopt } from './tcp-accept.js'
import { TcpComm } from './tcp-comm.js'

/**
 * Accepts connections at `address`; port 0 takes a free one.
 * @throws ConnectError HEDDLE_CONNECT whose `cause.code` is the system's (`EADDRINUSE`).
 */
export async function listenTcp(address: Address, options: ListenOptions): Promise<Listener> {
  const target = parseAddress(address)
  const direct = await canAdopt()
  const server = createServer({ pauseOnConnect: true })
  const isOpen = options.anyUser === true || !isLoopbackHost(target.host)
  const strangers = new Set<TcpComm>()
  const take = (accepted: Socket, ends: Ends) => accept(accepted, ends, { direct, strangers, options })
  server.on('connection', (accepted) => {
    // A peer that has hung up already has no address any more.
    if (accepted.remoteAddress === undefined) accepted.destroy()
    else if (isOpen) take(accepted, endsOf(accepted))
    else void admit(accepted, options).then((ends) => ends && take(accepted, ends))
  })
  await bind(server, target)
  const bound = boundAddress(server, target)
  const near = await listenNear(bound, (accepted) => take(accepted, nearEnds(bound)))
  return {
    address: bound,
    close: async () => void (await Promise.all([near?.close(), closeServer(server, strangers)])),
    ref: () => {
      near?.ref()
      server.ref()
    },
    unref: () => {
      near?.unref()
      server.unref()
    },
  }
}

/** Undefined: it may not come in, and is told nothing. */
async function admit(accepted: Socket, { onRefused }: ListenOptions): Promise<Ends | undefined> {
  const ends = endsOf(accepted)
  accepted.on('error', () => {})
  const reason = await whyNotLocal(accepted)
  if (reason === undefined && !accepted.destroyed) return ends
  accepted.destroy()
  if (reason !== undefined) onRefused?.(ends.peerAddress, reason)
  return undefined
}

interface Accepting {
  readonly direct: boolean
  readonly strangers: Set<TcpComm>
  readonly options: ListenOptions
}

function accept(accepted: Socket, ends: Ends, { direct, strangers, options }: Accepting): void {
  if (strangers.size >= STRANGERS_MAX) {
    accepted.destroy()
    return
  }
  const receiver = new Receiver(options)
  const socket = adopt(accepted, receiver, direct)
  const comm = new TcpComm(socket, { ...ends, receiver })
  strangers.add(comm)
  comm.onSettled = () => strangers.delete(comm)
  options.onComm(comm)
  if (!receiver.paused) socket.resume()
}

/** Comms that were handed out belong to their receiver and go on; those that never said who they are do not. */
async function closeServer(server: Server, strangers: Set<TcpComm>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const comm of [...strangers]) comm.abort(new ProtocolError('this node is closing'))
  await closed
}
