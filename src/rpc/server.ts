import type { Allocate, Comm, CommLimits, Listener } from '../comm/comm.js'
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { listen } from '../comm/transports.js'
import { ClosedError, type VersionError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { Address } from '../protocol/names.js'
import type { AddressLike } from '../util/address.js'
import { type Route, routesOf } from './routes.js'
import { Served } from './served.js'
import { sparing } from './sparing-log.js'
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

/** Opens the connection with which the asking one is joined after the answer; undefined: too many are. Throwing refuses. */
export type OpenRelay<Ask = unknown> = (ask: Ask, context: RequestContext) => Promise<Comm | undefined>

/** The reason why a decoded map is not that request, or undefined. */
export type Checks<Requests> = {
  readonly [Op in keyof Requests]: (ask: Readonly<Record<string, unknown>>) => string | undefined
}

export interface ServerOptions {
  /** `worker`, `scheduler`: in log lines. */
  readonly name: string
  /** One for each operation, as made by `Handlers`: what each is asked was checked before. */
  readonly handlers: Readonly<Record<string, (ask: never, context: RequestContext) => unknown>>
  readonly streams?: Readonly<Record<string, StreamHandler<never, unknown, unknown, unknown>>>
  /** Requests after which the connection leads to somebody else. */
  readonly relays?: Readonly<Record<string, OpenRelay<never>>>
  readonly checks: Readonly<Record<string, (ask: Readonly<Record<string, unknown>>) => string | undefined>>
  readonly logger: Logger
  readonly limits?: Partial<CommLimits>
  /** Memory of large incoming frames. */
  readonly allocate?: Allocate
  /** For `tls://` addresses. */
  readonly tls?: TlsCredentials | undefined
  /** At loopback addresses other users of this machine are let in, too. Default false. */
  readonly anyUser?: boolean | undefined
  /** Dask's nodes are answered in their words, from when this is true. Default: they are sent away. */
  readonly isDaskWelcome?: () => boolean
  /** A peer of another protocol was sent away, and is told the same. */
  readonly onTurnedAway?: (reason: VersionError) => void
}

/**
 * Answers requests on the connections that others make. A peer that sends what is no message, no known operation or no
 * valid request is answered or cut off with a logged reason, and nothing else is touched.
 */
export class Server {
  readonly #options: ServerOptions
  readonly #routes: ReadonlyMap<string, Route>
  readonly #connections = new Set<Served>()
  readonly #listeners: Listener[] = []
  #kept = true
  #closing: Promise<void> | undefined

  /** @throws TypeError for an operation without a check. */
  constructor(options: ServerOptions) {
    this.#options = { ...options, logger: sparing(options.logger) }
    this.#routes = routesOf(options)
  }

  /**
   * Listens there; may be said again for further addresses.
   * @throws ConnectError when the address cannot be had.
   */
  async listen(address: AddressLike): Promise<Address> {
    const { limits, allocate, tls, logger, anyUser = false } = this.#options
    const onComm = (comm: Comm) => this.#accept(comm)
    const listener = await listen(address, {
      onComm,
      anyUser,
      onRefused: (peer, why) => logger.warn(`refused ${peer}: ${why}`),
      ...(limits && { limits }),
      ...(allocate && { allocate }),
      ...(tls && { tls }),
    })
    this.#listeners.push(listener)
    if (!this.#kept) listener.unref()
    if (this.#closing) await listener.close()
    return listener.address
  }

  /** Where it listens (first), with the port that was taken. */
  get address(): Address {
    const [first] = this.#listeners
    if (!first) throw new ClosedError(`the ${this.#options.name}'s server is not listening and`)
    return first.address
  }

  /** Stops listening, ends every connection; resolves when handlers that were under way have ended or been told to. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Open listeners and idle connections keep the process alive again, as by default. */
  ref(): void {
    this.#keep(true)
  }

  /** Only requests under way keep the process alive, and streams as they are told themselves. */
  unref(): void {
    this.#keep(false)
  }

  async #close(): Promise<void> {
    const refusing = Promise.all(this.#listeners.map((listener) => listener.close()))
    await Promise.all([...this.#connections].map((connection) => connection.close()))
    await refusing
  }

  #accept(comm: Comm): void {
    if (this.#closing) return comm.abort(new ClosedError(`the ${this.#options.name}`))
    const connection = new Served(comm, this.#options, this.#routes)
    this.#connections.add(connection)
    connection.keep(this.#kept)
    connection.onGone = () => this.#connections.delete(connection)
  }

  #keep(kept: boolean): void {
    this.#kept = kept
    for (const listener of this.#listeners) kept ? listener.ref() : listener.unref()
    for (const connection of this.#connections) connection.keep(kept)
  }
}
