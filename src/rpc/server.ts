import type { Allocate, CommLimits } from '../comm/comm.js'
import type { Logger } from '../log/log.js'
import type { Address } from '../protocol/names.js'
import type { AddressLike } from '../util/address.js'
import type { MessageStream, StreamEvents } from './stream.js'

/** What a handler is told beside the request. */
export interface RequestContext {
  /** The other end of the connection, as it dialled. */
  readonly peer: Address
  /** Aborted when the peer is gone or the server closes: nobody waits for the answer. */
  readonly signal: AbortSignal
  /**
   * Calls back when the answer's bytes were taken by the system, or never will be: until then the memory of values in
   * it must not change.
   */
  onWritten(callback: () => void): void
}

type AskOf<R, Op extends keyof R> = R[Op] extends { ask: infer Ask } ? Ask : never
type ReplyOf<R, Op extends keyof R> = R[Op] extends { reply: infer Reply } ? Reply : never

/** One handler for each operation of `Requests` but those that become streams. */
export type Handlers<Requests, Streams extends keyof Requests = never> = {
  readonly [Op in Exclude<keyof Requests, Streams>]: (
    ask: AskOf<Requests, Op>,
    context: RequestContext,
  ) => ReplyOf<Requests, Op> | Promise<ReplyOf<Requests, Op>>
}

/** Answers the request that turns a connection into a stream. Throwing instead refuses it and closes the connection. */
export type StreamHandler<Ask, Reply, In, Out> = (
  ask: Ask,
  accept: (reply: Reply, events: StreamEvents<In>) => MessageStream<Out>,
  peer: Address,
) => void | Promise<void>

/** The reason why a decoded map is not that request, or undefined. */
export type Checks<Requests> = {
  readonly [Op in keyof Requests]: (ask: Readonly<Record<string, unknown>>) => string | undefined
}

export interface ServerOptions {
  /** `worker`, `scheduler`: in log lines. */
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: the types of each operation are checked where the table is made
  readonly handlers: Readonly<Record<string, (ask: any, context: RequestContext) => unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly streams?: Readonly<Record<string, StreamHandler<any, any, any, any>>>
  readonly checks: Readonly<Record<string, (ask: Readonly<Record<string, unknown>>) => string | undefined>>
  readonly logger: Logger
  readonly limits?: Partial<CommLimits>
  /** Memory of large incoming frames. */
  readonly allocate?: Allocate
}

/**
 * Answers requests on the connections that others make. A peer that sends what is no message, no known operation or no
 * valid request is answered or cut off with a logged reason, and nothing else is touched.
 */
export declare class Server {
  constructor(options: ServerOptions)
  /** @throws ConnectError when the address cannot be had. */
  listen(address: AddressLike): Promise<Address>
  /** Where it listens, with the port that was taken. */
  readonly address: Address
  /** Stops listening, ends every connection; resolves when handlers that were under way have ended or been told to. */
  close(): Promise<void>
  /** Whether open listeners and idle connections keep the process alive. Default: they do. */
  ref(): void
  unref(): void
}
