import type { Allocate, CommLimits } from '../comm/comm.js'
import type { AddressLike } from '../util/address.js'

export interface RequestOptions {
  /** Milliseconds until connected, retries included. Default 10 000. */
  connectTimeoutMs?: number | undefined
  /** Milliseconds for connecting, asking and the answer together. Default: none. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
}

export interface PoolOptions {
  /** Connections to one peer; more calls wait. Default 16. */
  readonly limitPerPeer?: number
  /** Idle connections kept to all peers together. Default 512. */
  readonly idleMax?: number
  readonly connectTimeoutMs?: number
  readonly limits?: Partial<CommLimits>
  readonly allocate?: Allocate
}

/**
 * Connections to any number of peers, one request at a time on each. A connection whose call timed out, was aborted or
 * failed is closed, never used again. An idle connection that the peer has closed is noticed and replaced. Idle
 * connections do not keep the process alive; pending requests do.
 */
export declare class ConnectionPool {
  constructor(options?: PoolOptions)
  /**
   * Sends `{ op, ...ask }` and gives the decoded reply.
   * @throws ConnectError, CommClosedError, WaitTimeoutError, the signal's reason; for an `ErrorReply` the error that the
   * handler threw: a HeddleError with its code and message, else a RemoteError whose `cause` is the original.
   */
  request<Reply = unknown>(address: AddressLike, op: string, ask?: object, options?: RequestOptions): Promise<Reply>
  /** Closes idle connections to a peer that is known to be gone. */
  forget(address: AddressLike): void
  /** Ends idle connections at once and pending requests with a ClosedError. */
  close(): Promise<void>
}
