import { connect, type Socket } from 'node:net'
import type { Address } from '../protocol/names.js'
import { type ParsedAddress, parseAddress } from '../util/address.js'
import type { Comm, ConnectOptions } from './comm.js'
import { connected, dialUntil } from './dial-until.js'
import { nearEnds } from './near-listen.js'
import { Receiver } from './receiver.js'
import { findSocket } from './same-host.js'
import { socketAddress } from './tcp-address.js'
import { TcpComm } from './tcp-comm.js'

/** A Unix socket answers at once, or is not worth waiting for. */
const NEAR_MS = 1000

/** `path`: of its Unix socket. */
interface Target extends ParsedAddress {
  readonly path?: string
}

/**
 * Dials until somebody answers or `timeoutMs` is over.
 * @throws ConnectError with the address, the tries and what to do; the signal's reason when it is aborted.
 */
export async function connectTcp(address: Address, options: ConnectOptions): Promise<Comm> {
  const target = parseAddress(address)
  const started = performance.now()
  const near = await connectNear(target, options)
  if (near !== undefined) return near
  const timeoutMs = options.timeoutMs - (performance.now() - started)
  return await dialUntil(target, { ...options, timeoutMs }, (leftMs) => dial(target, leftMs, options))
}

/** By the Unix socket of whoever listens there, if it is on this machine; undefined: by TCP then. */
async function connectNear(target: ParsedAddress, options: ConnectOptions): Promise<Comm | undefined> {
  const path = await findSocket(target)
  if (path === undefined || options.signal?.aborted) return undefined
  try {
    return await dial({ ...target, path }, Math.min(NEAR_MS, options.timeoutMs), options)
  } catch {
    return undefined
  }
}

function dial(target: Target, timeoutMs: number, options: ConnectOptions): Promise<Comm> {
  const receiver = new Receiver(options)
  const { host, port, path } = target
  const { onread } = receiver
  const socket = connect(path === undefined ? { host, port, onread } : { path, onread })
  const { signal } = options
  return connected({ socket, event: 'connect', timeoutMs, signal, commOf: () => commOf(socket, target, receiver) })
}

function commOf(socket: Socket, target: Target, receiver: Receiver): Comm {
  if (target.path !== undefined) return new TcpComm(socket, { ...nearEnds(target.address, 'dialled'), receiver })
  const localAddress = socketAddress(socket.localAddress, socket.localPort)
  return new TcpComm(socket, { localAddress, peerAddress: target.address, receiver })
}
