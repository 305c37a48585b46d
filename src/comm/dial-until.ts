/** How every transport with sockets dials: again and again until somebody answers, or time is up. */
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectError } from '../errors.js'
import type { ParsedAddress } from '../util/address.js'
import type { Comm, ConnectOptions } from './comm.js'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** One try. @throws an error of the system's, or a ConnectError, after which there is no other try. */
export type Dial = (timeoutMs: number) => Promise<Comm>

/** @throws ConnectError with the address, the tries and what to do; the signal's reason when it is aborted. */
export async function dialUntil(target: ParsedAddress, options: ConnectOptions, dial: Dial): Promise<Comm> {
  const started = performance.now()
  const deadline = started + options.timeoutMs
  let failure: NodeJS.ErrnoException | undefined
  for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ; tries++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    options.signal?.throwIfAborted()
    try {
      return await dial(deadline - performance.now())
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof ConnectError) throw error
      // The try that was cut off by the deadline says less than the one before it.
      if (failure === undefined || (error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') failure = error as Error
    }
    const leftMs = deadline - performance.now()
    if (leftMs <= 0 || isFinal(failure)) throw explain(target, failure, tries, performance.now() - started)
    await sleep(Math.min(pauseMs, leftMs), undefined, options.signal ? { signal: options.signal } : {}).catch(() => {})
  }
}

/** A socket that is being connected, and what it is to become in the very turn in which it says `event`. */
export interface Connecting {
  readonly socket: Socket
  readonly event: 'connect' | 'secureConnect'
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  commOf(): Comm
}

/** Waits for one socket. @throws what the socket says, ETIMEDOUT, the signal's reason. */
export function connected({ socket, event, timeoutMs, signal, commOf }: Connecting): Promise<Comm> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      cleanUp()
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(timedOut()), Math.max(1, timeoutMs))
    const onAbort = () => fail(signal?.reason as Error)
    const cleanUp = () => {
      clearTimeout(timer)
      socket.off('error', fail)
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once(event, () => {
      cleanUp()
      resolve(commOf())
    })
  })
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
