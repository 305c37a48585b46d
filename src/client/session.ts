import { randomBytes } from 'node:crypto'
import { CancelledError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { Address, ClientId, Key } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import { ConnectionPool, type RequestOptions } from '../rpc/pool.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import { ErrorReports } from './error-reports.js'
import { Fetcher } from './fetcher.js'
import { onMessage } from './inbox.js'
import type { KeyState } from './key-state.js'
import { Link } from './link.js'
import { Outbox } from './outbox.js'
import { unwatchExit, watchExit } from './unawaited.js'
import { type Until, Wait, type WaitOptions } from './waiting.js'
import { Wants } from './wants.js'

/** How a client is connected. */
export interface SessionOptions extends RequestOptions {
  readonly name?: string | undefined
  readonly logger: Logger
}

/** What all verbs of one client share: the stream to the scheduler, what is wanted, and who waits. */
export class Session {
  readonly id: ClientId
  readonly logger: Logger
  readonly address: Address
  readonly pool = new ConnectionPool()
  readonly outbox = new Outbox((messages) => this.#link?.send(messages))
  readonly reports: ErrorReports
  readonly fetcher = new Fetcher(this.pool)
  readonly wants = new Wants({
    onReleased: (keys) => this.#onReleased(keys),
    onForgotten: (state) => this.#onForgotten(state),
  })
  readonly #waits = new Set<Wait>()
  #link: Link | undefined

  private constructor(address: Address, { name, logger }: SessionOptions) {
    this.id = `${name ?? 'client'}-${randomBytes(6).toString('hex')}`
    this.logger = logger
    this.address = address
    this.reports = new ErrorReports(logger)
  }

  /** @throws ConnectError, VersionError, CommClosedError; a HeddleError when the scheduler refuses. */
  static async connect(address: AddressLike, options: SessionOptions): Promise<Session> {
    const session = new Session(parseAddress(address).address, options)
    const events = {
      onMessages: (messages: readonly Parameters<typeof onMessage>[1][]) => {
        for (const message of messages) onMessage(session, message)
      },
      onLost: () => session.#failWaits(),
    }
    session.#link = await Link.open(session.address, session.id, events, options)
    watchExit(session)
    return session
  }

  /** Why nothing can be asked any more, or undefined. */
  get ended(): Error | undefined {
    return this.#link?.ended
  }

  /** @throws SchedulerLostError, ClosedError. */
  assertOpen(): void {
    const ended = this.ended
    if (ended) throw ended
  }

  /** Waits for outcomes; the process stays alive meanwhile. @throws WaitTimeoutError, SchedulerLostError, ClosedError. */
  async wait(states: readonly KeyState[], until: Until, options: WaitOptions = {}): Promise<void> {
    const waiters = { add: (wait: Wait) => this.#addWait(wait), delete: (wait: Wait) => this.#deleteWait(wait) }
    await Wait.for(states, until, waiters, options)
  }

  /** Asks the scheduler. @throws SchedulerLostError when it is gone; what its handler threw. */
  async request<Op extends keyof SchedulerRequests>(
    op: Op,
    ask: SchedulerRequests[Op]['ask'],
    options: RequestOptions = {},
  ): Promise<SchedulerRequests[Op]['reply']> {
    this.assertOpen()
    this.outbox.flush()
    try {
      return await this.pool.request(this.address, op, ask, options)
    } catch (error) {
      // The stream may hear of it a moment later.
      await new Promise((resolve) => setImmediate(resolve))
      throw this.ended ?? error
    }
  }

  async close(): Promise<void> {
    if (this.#link === undefined || this.ended) return
    unwatchExit(this)
    for (const state of this.wants.known()) this.reports.report(state)
    this.outbox.flush()
    const link = this.#link
    const closing = link.close()
    this.#failWaits()
    await Promise.all([closing, this.pool.close()])
  }

  #addWait(wait: Wait): void {
    this.#waits.add(wait)
    this.#link?.hold()
    const ended = this.ended
    if (ended) wait.fail(ended)
  }

  #deleteWait(wait: Wait): void {
    if (this.#waits.delete(wait)) this.#link?.letGo()
  }

  #failWaits(): void {
    for (const wait of this.#waits) {
      const { ended } = this
      if (ended) wait.fail(ended)
    }
  }

  #onReleased(keys: readonly Key[]): void {
    if (!this.ended) this.outbox.release(keys)
  }

  #onForgotten(state: KeyState): void {
    this.reports.report(state)
    if (!state.isWatched) return
    const text = `the future of ${state.key} was released while its result was awaited`
    state.settle({ status: 'cancelled', error: new CancelledError(state.key, text) })
  }
}
