import { createServer, type Server, type Socket } from 'node:net'
import { ConnectError, ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { parseAddress } from '../util/address.js'
import type { Listener, ListenOptions } from './comm.js'
import { STRANGERS_MAX } from './limits.js'
import { Receiver } from './receiver.js'
import { adopt, canAdopt } from './tcp-accept.js'
import { socketAddress } from './tcp-address.js'
import { TcpComm } from './tcp-comm.js'

const BACKLOG = 1024

/**
 * Accepts connections at `address`; port 0 takes a free one.
 * @throws ConnectError HEDDLE_CONNECT whose `cause.code` is the system's (`EADDRINUSE`).
 */
export async function listenTcp(address: Address, options: ListenOptions): Promise<Listener> {
  const { host, port } = parseAddress(address)
  const direct = await canAdopt()
  const server = createServer({ pauseOnConnect: true })
  const strangers = new Set<TcpComm>()
  server.on('connection', (accepted) => accept(accepted, direct, strangers, options))
  await bind(server, host, port, address)
  return {
    address: boundAddress(server, host),
    close: () => closeServer(server, strangers),
    ref: () => void server.ref(),
    unref: () => void server.unref(),
  }
}

function accept(accepted: Socket, direct: boolean, strangers: Set<TcpComm>, options: ListenOptions): void {
  // A peer that has hung up already has no address any more.
  if (accepted.remoteAddress === undefined || strangers.size >= STRANGERS_MAX) {
    accepted.destroy()
    return
  }
  const receiver = new Receiver(options)
  const localAddress = socketAddress(accepted.localAddress, accepted.localPort)
  const peerAddress = socketAddress(accepted.remoteAddress, accepted.remotePort)
  const socket = adopt(accepted, receiver, direct)
  const comm = new TcpComm(socket, { localAddress, peerAddress, receiver })
  strangers.add(comm)
  comm.onSettled = () => strangers.delete(comm)
  options.onComm(comm)
  if (!receiver.paused) socket.resume()
}

function bind(server: Server, host: string, port: number, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const hint = cause.code === 'EADDRINUSE' ? ': the port is in use. Choose another, or 0 for any free one' : ''
      reject(
        new ConnectError(
          'HEDDLE_CONNECT',
          address,
          `cannot listen at ${address} (${cause.code ?? cause.message})${hint}.`,
          { cause },
        ),
      )
    })
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      // Too many open files: that connection is not made; the others go on.
      server.on('error', () => {})
      resolve()
    })
  })
}

/** A host name stays as it was given: peers will look it up themselves. */
function boundAddress(server: Server, host: string): Address {
  const bound = server.address()
  return parseAddress({ host, port: typeof bound === 'object' && bound ? bound.port : 0 }).address
}

/** Comms that were handed out belong to their receiver and go on; those that never said who they are do not. */
async function closeServer(server: Server, strangers: Set<TcpComm>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const comm of [...strangers]) comm.abort(new ProtocolError('this node is closing'))
  await closed
}
