import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { type ParsedAddress, parseAddress } from '../util/address.js'
import type { Comm, ConnectOptions } from './comm.js'
import { nearEnds } from './near-listen.js'
import { Receiver } from './receiver.js'
import { findSocket } from './same-host.js'
import { socketAddress } from './tcp-address.js'
import { TcpComm } from './tcp-comm.js'

/** A Unix socket answers at once, or is not worth waiting for. */
const NEAR_MS = 1000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

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
  const deadline = started + options.timeoutMs
  const near = await connectNear(target, options)
  if (near !== undefined) return near
  let failure: NodeJS.ErrnoException | undefined
  for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ; tries++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    options.signal?.throwIfAborted()
    try {
      return await dial(target, deadline - performance.now(), options)
    } catch (error) {
      options.signal?.throwIfAborted()
      // The try that was cut off by the deadline says less than the one before it.
      if (failure === undefined || (error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') failure = error as Error
    }
    const leftMs = deadline - performance.now()
    if (leftMs <= 0 || isFinal(failure)) throw explain(target, failure, tries, performance.now() - started)
    await sleep(Math.min(pauseMs, leftMs), undefined, options.signal ? { signal: options.signal } : {}).catch(() => {})
  }
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
  return new Promise((resolve, reject) => {
    const receiver = new Receiver(options)
    const { host, port, path } = target
    const { onread } = receiver
    const socket = connect(path === undefined ? { host, port, onread } : { path, onread })
    const fail = (error: Error) => {
      cleanUp()
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(timedOut()), Math.max(1, timeoutMs))
    const onAbort = () => fail(options.signal?.reason as Error)
    const cleanUp = () => {
      clearTimeout(timer)
      socket.off('error', fail)
      options.signal?.removeEventListener('abort', onAbort)
    }
    options.signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      cleanUp()
      resolve(commOf(socket, target, receiver))
    })
  })
}

function commOf(socket: Socket, target: Target, receiver: Receiver): Comm {
  if (target.path !== undefined) return new TcpComm(socket, { ...nearEnds(target.address, 'dialled'), receiver })
  const localAddress = socketAddress(socket.localAddress, socket.localPort)
  return new TcpComm(socket, { localAddress, peerAddress: target.address, receiver })
}

function timedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })
}

/** Waiting will not make the name known, nor the port allowed. */
function isFinal(failure: NodeJS.ErrnoException): boolean {
  return failure.code === 'ENOTFOUND' || failure.code === 'EACCES' || failure.code === 'EINVAL'
}

function explain(
  target: ParsedAddress,
  failure: NodeJS.ErrnoException,
  tries: number,
  elapsedMs: number,
): ConnectError {
  const { address, host, port } = target
  const cause = innermost(failure)
  const effort = `tried ${tries === 1 ? 'once' : `${tries} times`} in ${seconds(elapsedMs)}`
  const start = `start a scheduler there with 'heddle scheduler --port ${port}'`
  switch (cause.code) {
    case 'ECONNREFUSED':
      return new ConnectError(
        'HEDDLE_REFUSED',
        address,
        `nothing is listening at ${address} (${effort}). ${start.replace('start', 'Start')}, or check the address.`,
        { cause },
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConnectError(
        'HEDDLE_NO_HOST',
        address,
        `there is no host '${host}' (${effort}, ${cause.code}). Check the address ${address}.`,
        { cause },
      )
    case 'ETIMEDOUT':
      return new ConnectError(
        'HEDDLE_CONNECT_TIMEOUT',
        address,
        `no answer from ${address} (${effort}). Check the address, and that no firewall drops what is sent to port ${port}; or ${start}.`,
        { cause },
      )
    default:
      return new ConnectError('HEDDLE_CONNECT', address, `cannot connect to ${address} (${effort}): ${cause.message}`, {
        cause,
      })
  }
}

/** A name with several addresses fails with all their errors at once. */
function innermost(failure: NodeJS.ErrnoException): NodeJS.ErrnoException {
  return failure instanceof AggregateError ? (failure.errors[0] as NodeJS.ErrnoException) : failure
}

function seconds(ms: number): string {
  return ms < 950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}
