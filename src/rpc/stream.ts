/**
 * A connection on which both sides send when they like: many small messages, collected for one turn of the event loop
 * and sent as one array.
 */
import type { Address } from '../protocol/names.js'
import type { AddressLike } from '../util/address.js'
import type { RequestOptions } from './pool.js'

export interface MessageStream<Out> {
  readonly peer: Address
  /** Leaves at the end of this turn, in order. A closed stream drops it. */
  send(message: Out): void
  readonly pendingBytes: number
  /** Resolves when few enough bytes are pending, or the stream is closed. */
  drained(): Promise<void>
  readonly closed: boolean
  /** Sends what is pending, then closes. */
  close(): Promise<void>
  abort(reason: Error): void
  /** Stops and resumes reading: backpressure towards the peer. */
  pause(): void
  resume(): void
  ref(): void
  unref(): void
}

export interface StreamEvents<In> {
  /** The messages that arrived together, each checked. */
  onMessages(messages: In[]): void
  /** Once, after the last messages. `undefined`: the peer closed politely. */
  onClose(reason: Error | undefined): void
  /** The reason why a decoded map is no message of this stream, or undefined. A bad one ends the stream. */
  check(message: unknown): string | undefined
}

/**
 * Dials, asks for a stream and waits for the answer.
 * @throws ConnectError, VersionError, CommClosedError; a HeddleError with the peer's code when it refuses.
 */
export declare function openStream<In, Out, Reply>(
  address: AddressLike,
  op: string,
  ask: object,
  events: StreamEvents<In>,
  options?: RequestOptions,
): Promise<{ stream: MessageStream<Out>; reply: Reply }>
