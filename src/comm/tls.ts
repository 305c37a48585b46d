import type { Socket } from 'node:net'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import { OptionError, ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { parseAddress } from '../util/address.js'
import { bind, boundAddress, endsOf } from './binding.js'
import type { Comm, ConnectOptions, Listener, ListenOptions, Transport } from './comm.js'
import { connected, dialUntil } from './dial-until.js'
import { STRANGER_MS, STRANGERS_MAX } from './limits.js'
import { Receiver } from './receiver.js'
import { socketAddress } from './tcp-address.js'
import { TcpComm } from './tcp-comm.js'
import type { TlsCredentials } from './tls-credentials.js'
import { explainTls, refusalOf } from './tls-errors.js'

/** The same bytes as over TCP, inside TLS; both ends show a certificate of the authority that they share. */
export const tls: Transport = { scheme: 'tls', connect, listen }

async function connect(address: Address, options: ConnectOptions): Promise<Comm> {
  const target = parseAddress(address)
  const credentials = needed(options.tls, address)
  return await dialUntil(target, options, async (timeoutMs) => {
    try {
      return await dial(target.host, target.port, { address, credentials, timeoutMs, options })
    } catch (error) {
      throw explainTls(address, error as Error) ?? error
    }
  })
}

interface Dialling {
  readonly address: Address
  readonly credentials: TlsCredentials
  readonly timeoutMs: number
  readonly options: ConnectOptions
}

function dial(host: string, port: number, { address, credentials, timeoutMs, options }: Dialling): Promise<Comm> {
  const receiver = new Receiver(options)
  // Types know nothing of `onread` here; Node does.
  const reading: object = { onread: receiver.onread }
  const { context } = credentials
  const socket = connectTls({ host, port, secureContext: context, checkServerIdentity: () => undefined, ...reading })
  const commOf = () => {
    const localAddress = socketAddress(socket.localAddress, socket.localPort, 'tls')
    return commOver(socket, { localAddress, peerAddress: address }, receiver)
  }
  return connected({ socket, event: 'secureConnect', timeoutMs, signal: options.signal, commOf })
}

/** What the peer thinks of our certificate, it may say only after it has let us in. */
function commOver(
  socket: TLSSocket,
  ends: { localAddress: Address; peerAddress: Address },
  receiver: Receiver,
): TcpComm {
  return new TcpComm(socket, { ...ends, receiver, explain: (error) => explainTls(ends.peerAddress, error) })
}

async function listen(address: Address, options: ListenOptions): Promise<Listener> {
  const target = parseAddress(address)
  const { files } = needed(options.tls, address)
  const server = createServer({
    ...files,
    requestCert: true,
    // That is done below, where the reason can be told.
    rejectUnauthorized: false,
    handshakeTimeout: STRANGER_MS,
  })
  /** Connections that are not secure yet, by who dialled. */
  const greeting = new Map<string, Socket>()
  const strangers = new Set<TcpComm>()
  server.on('connection', (socket: Socket) => {
    if (greeting.size + strangers.size >= STRANGERS_MAX) return void socket.destroy()
    const dialler = diallerOf(socket)
    greeting.set(dialler, socket)
    socket.once('close', () => greeting.delete(dialler))
  })
  const refuse = (socket: TLSSocket, why: Error | string) => {
    if (socket.remoteAddress !== undefined) options.onRefused?.(endsOf(socket, 'tls').peerAddress, refusalOf(why))
    socket.destroy()
  }
  server.on('tlsClientError', (error, socket) => refuse(socket, error))
  server.on('secureConnection', (socket) => {
    greeting.delete(diallerOf(socket))
    if (!socket.authorized || socket.remoteAddress === undefined)
      return refuse(socket, socket.authorizationError ?? 'it has gone')
    const receiver = new Receiver(options)
    socket.on('data', (chunk: Buffer) => receiver.push(chunk))
    const comm = commOver(socket, endsOf(socket, 'tls'), receiver)
    strangers.add(comm)
    comm.onSettled = () => strangers.delete(comm)
    options.onComm(comm)
    if (receiver.paused) socket.pause()
  })
  await bind(server, target)
  return {
    address: boundAddress(server, target),
    // Comms that were handed out belong to their receiver and go on.
    close: async () => {
      server.close()
      for (const socket of greeting.values()) socket.destroy()
      for (const comm of strangers) comm.abort(new ProtocolError('this node is closing'))
    },
    ref: () => void server.ref(),
    unref: () => void server.unref(),
  }
}

function diallerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function needed(credentials: TlsCredentials | undefined, address: Address): TlsCredentials {
  if (credentials !== undefined) return credentials
  throw new OptionError('tls', `${address} needs certificates: give tls: { ca, cert, key }`)
}
