import { setTimeout as sleep } from 'node:timers/promises'
import type { Allocate, Comm, CommLimits } from '../comm/comm.js'
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { connect } from '../comm/transports.js'
import { isLoopbackHost } from '../config/loopback.js'
import { CommClosedError, ConnectError } from '../errors.js'
import { handshake } from '../protocol/handshake.js'
import type { Address } from '../protocol/names.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import { durationText } from '../util/duration.js'
import { daskDialect, type Foreign } from './foreign.js'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500
/** A peer that was reached a moment before the end may still say who it is. */
const GREETING_MS = 100

export interface DialOptions {
  /** Milliseconds for all tries together, greeting included. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly limits?: Partial<CommLimits> | undefined
  readonly allocate?: Allocate | undefined
  /** For `tls://` addresses. */
  readonly tls?: TlsCredentials | undefined
}

/** A connection, greeted. */
export interface Dialled {
  readonly comm: Comm
  /** What is spoken on it; undefined: our own. */
  readonly foreign: Foreign | undefined
}

/**
 * A connection to a node, greeted and paused: set `onMessage` and `onClose` in the turn in which it is obtained,
 * then `resume`. A node that hangs up before it has greeted (it has too many strangers, or is just ending) is dialled
 * again.
 * @throws ConnectError, VersionError, CommClosedError, OptionError for `tls://` without credentials, the signal's reason.
 */
export async function dial(address: AddressLike, options: DialOptions): Promise<Dialled> {
  const deadline = performance.now() + options.timeoutMs
  for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ; tries++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const comm = await connect(address, connectOptions(options, deadline))
    try {
      return await greet(comm, options, deadline)
    } catch (error) {
      if (!(error instanceof CommClosedError)) throw error
      // A try that would be cut off by the deadline says less than this one.
      if (deadline - performance.now() <= pauseMs + FIRST_PAUSE_MS)
        throw hangsUp(comm.peerAddress, tries, options.timeoutMs, error)
      // Aborted, it says so at the next try.
      await sleep(pauseMs, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {})
    }
  }
}

function connectOptions({ signal, limits, allocate, tls }: DialOptions, deadline: number) {
  const timeoutMs = Math.max(1, deadline - performance.now())
  return {
    timeoutMs,
    ...(signal && { signal }),
    ...(limits && { limits }),
    ...(allocate && { allocate }),
    ...(tls && { tls }),
  }
}

async function greet(comm: Comm, options: DialOptions, deadline: number): Promise<Dialled> {
  const timeoutMs = Math.max(GREETING_MS, deadline - performance.now())
  const { dialect } = await handshake(comm, { timeoutMs, signal: options.signal })
  if (dialect === 'heddle') return { comm, foreign: undefined }
  const foreign = await daskDialect()
  if (foreign === undefined) throw strange(comm)
  if (comm.closed) throw new CommClosedError(comm.peerAddress, 'it ended after the handshake')
  return { comm, foreign }
}

function hangsUp(peer: Address, tries: number, timeoutMs: number, cause: Error): ConnectError {
  const text =
    `${peer} accepts connections, but closes them before it says anything (tried ${tries} times in ` +
    `${durationText(timeoutMs)}). It is no Heddle node, or is just ending${perhaps(peer)}. Check the address.`
  return new ConnectError('HEDDLE_CONNECT_TIMEOUT', peer, text, { cause })
}

/** What one cannot see from here, since the other end hangs up without a word. */
function perhaps(peer: Address): string {
  if (peer.startsWith('tls:')) return ', or refuses our certificate (its log says so)'
  if (!peer.startsWith('tcp:')) return ''
  const tls = `speaks TLS: then use ${peer.replace('tcp:', 'tls:')} with certificates`
  return isLoopbackHost(parseAddress(peer).host) ? `, belongs to another user, or ${tls}` : `, or ${tls}`
}

function strange(comm: Comm): ConnectError {
  const peer = comm.peerAddress
  const text = `${peer} answered, but as a Dask node, with which Heddle's clients talk and its workers do not. Check the address.`
  const error = new ConnectError('HEDDLE_NOT_HEDDLE', peer, text)
  comm.abort(error)
  return error
}
