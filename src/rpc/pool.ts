import type { Allocate, CommLimits } from '../comm/comm.js'
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { ClosedError, HeddleError } from '../errors.js'
import { pack } from '../protocol/codec.js'
import type { Address } from '../protocol/names.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import type { Asking } from './asking.js'
import { Call } from './call.js'
import { Peer } from './peer.js'
import { answerOf } from './reply.js'

const IDLE_MAX = 512

export interface RequestOptions {
  /** Milliseconds until connected, retries included. Default 10 000. */
  connectTimeoutMs?: number | undefined
  /** Milliseconds for connecting, asking and the answer together. Default: none. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Told the connection on which is asked, to see whether something comes. */
  onConnection?: ((connection: { readonly receivedBytes: number }) => void) | undefined
}

/** The same for those who dial without a pool. */
export interface CallOptions extends RequestOptions {
  /** For `tls://` addresses. */
  tls?: TlsCredentials | undefined
}

export interface PoolOptions {
  /** Connections to one peer; more calls wait. Default 16. */
  readonly limitPerPeer?: number
  /** Idle connections kept to all peers together. Default 512. */
  readonly idleMax?: number
  readonly connectTimeoutMs?: number
  readonly limits?: Partial<CommLimits>
  readonly allocate?: Allocate
  /** For `tls://` addresses. */
  readonly tls?: TlsCredentials | undefined
}

/**
 * Connections to any number of peers, one request at a time on each. A connection whose call timed out, was aborted or
 * failed is closed, never used again. An idle connection that the peer has closed is noticed and replaced. Idle
 * connections do not keep the process alive; pending requests do. No request is ever sent twice.
 */
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #peers = new Map<Address, Peer>()
  /** Of all peers, the longest unused first. */
  readonly #idle = new Set<Asking>()
  readonly #calls = new Set<Call>()
  #closed = false

  constructor(options: PoolOptions = {}) {
    this.#options = options
  }

  /**
   * Sends `{ op, ...ask }` and gives the decoded reply.
   * @throws ConnectError, CommClosedError, ProtocolError for a wrong answer, WaitTimeoutError, the signal's reason; for an `ErrorReply` the error that the
   * handler threw: a HeddleError with its code and message, else a RemoteError whose `cause` is the original.
   */
  async request<Reply = unknown>(
    address: AddressLike,
    op: string,
    ask: object = {},
    options: RequestOptions = {},
  ): Promise<Reply> {
    if (this.#closed) throw new ClosedError('the connection pool')
    const peer = this.#peer(address)
    const frames = pack({ ...ask, op })
    const call = new Call(op, peer.address, options)
    this.#calls.add(call)
    try {
      return answerOf(await peer.ask(frames, ask, call), op, peer.address) as Reply
    } catch (error) {
      // Made at the other end, or where a socket or a timer spoke; here the stack leads to the caller.
      if (error instanceof HeddleError) Error.captureStackTrace(error)
      throw error
    } finally {
      call.end()
      this.#calls.delete(call)
    }
  }

  /** Closes idle connections to a peer that is known to be gone. */
  forget(address: AddressLike): void {
    void this.#peers.get(parseAddress(address).address)?.closeIdle()
  }

  /** Ends idle connections at once and pending requests with a ClosedError. */
  async close(): Promise<void> {
    this.#closed = true
    const reason = new ClosedError('the connection pool')
    for (const call of this.#calls) call.giveUp(reason)
    await Promise.all([...this.#peers.values()].map((peer) => peer.closeIdle()))
  }

  #peer(address: AddressLike): Peer {
    const known = typeof address === 'string' ? this.#peers.get(address) : undefined
    if (known) return known
    const parsed = parseAddress(address).address
    const found = this.#peers.get(parsed)
    if (found) return found
    const peer = new Peer(parsed, this.#options, {
      onIdle: (connection) => this.#rest(connection),
      onBusy: (connection) => this.#idle.delete(connection),
      onUnused: () => this.#peers.delete(parsed),
    })
    this.#peers.set(parsed, peer)
    return peer
  }

  #rest(connection: Asking): void {
    this.#idle.add(connection)
    if (!this.#closed && this.#idle.size <= (this.#options.idleMax ?? IDLE_MAX)) return
    const [oldest] = this.#idle
    void oldest?.close()
  }
}
