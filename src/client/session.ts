import { randomBytes } from 'node:crypto'
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { CancelledError, HeddleError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { Address, ClientId, Key } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import { speakDask } from '../rpc/foreign.js'
import { ConnectionPool, type RequestOptions } from '../rpc/pool.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import { ClientEnvironment } from './environment.js'
import { ErrorReports } from './error-reports.js'
import { Fetcher } from './fetcher.js'
import type { Holding } from './holds.js'
import { onMessage } from './inbox.js'
import { type Interruptible, unwatchInterrupt, watchInterrupt } from './interrupt.js'
import type { KeyState } from './key-state.js'
import { LargeArgs } from './large-args.js'
import { Link } from './link.js'
import { Outbox } from './outbox.js'
import { Outcomes } from './outcomes.js'
import { SentFiles } from './sent-files.js'
import { type LogSink, printTaskLog } from './task-logs.js'
import { unwatchExit, watchExit } from './unawaited.js'
import { Vigil } from './vigil.js'
import { type Until, Wait, type Waiters, type Waiting, type WaitOptions } from './waiting.js'
import { Wants } from './wants.js'
import { Window } from './window.js'

const LONG_MS = 60_000

/** Who has to know what is done with a client that many tasks share. */
export interface SessionHooks {
  /** A future was made in the code that runs. */
  onFuture(held: Holding): void
  /** A call waits in the code that runs. */
  onWait(waiting: Waiting): void
  /** It waits no more. */
  onWaited(waiting: Waiting): void
}

/** How a client is connected. */
export interface SessionOptions extends RequestOptions {
  readonly name?: string | undefined
  readonly logger: Logger
  /** Takes what tasks print. Absent: it is not asked for, unless with a submission. */
  readonly logs?: LogSink | undefined
  readonly hooks?: SessionHooks | undefined
  /** For `tls://` addresses. */
  readonly tls?: TlsCredentials | undefined
}

/** What all verbs of one client share: the stream to the scheduler, what is wanted, and who waits. */
export class Session implements Waiters, Interruptible {
  readonly id: ClientId
  readonly logger: Logger
  /** What tasks print goes here, if it is asked for. */
  readonly printLog: LogSink
  readonly areLogsWanted: boolean
  readonly address: Address
  readonly pool: ConnectionPool
  readonly window = new Window((messages) => this.#link?.send(messages))
  readonly outbox = new Outbox((messages) => (this.isDask ? this.#link?.send(messages) : this.window.send(messages)))
  readonly hooks: SessionHooks | undefined
  readonly outcomes = new Outcomes()
  /** Ended with it. */
  readonly watches = new Set<{ close(): void }>()
  /** Called when it has been closed. */
  onClosed: (() => Promise<void>) | undefined
  readonly environment = new ClientEnvironment()
  readonly reports: ErrorReports
  readonly fetcher: Fetcher
  readonly wants = new Wants({
    onReleased: (key) => this.#onReleased(key),
    onForgotten: (state) => this.#onForgotten(state),
  })
  /** Counts scattered values: the next goes to the next worker. */
  turn = 0
  readonly large = new LargeArgs(this)
  readonly sentFiles = new SentFiles()
  readonly #waiting = new Set<Waiting>()
  readonly #vigil = new Vigil()
  #link: Link | undefined
  #closing: Promise<void> | undefined

  private constructor(address: Address, { name, logger, logs, hooks, tls }: SessionOptions) {
    this.pool = new ConnectionPool({ tls })
    this.fetcher = new Fetcher(this.pool)
    this.id = `${name ?? 'client'}-${randomBytes(6).toString('hex')}`
    this.logger = logger
    this.hooks = hooks
    this.areLogsWanted = logs !== undefined
    this.printLog = logs ?? printTaskLog
    this.address = address
    this.reports = new ErrorReports(logger)
  }

  /** @throws ConnectError, VersionError, CommClosedError; a HeddleError when the scheduler refuses. */
  static async connect(address: AddressLike, options: SessionOptions): Promise<Session> {
    speakDask(async () => (await import('../dask/dialect.js')).dask)
    const session = new Session(parseAddress(address).address, options)
    const events = {
      onMessages: (messages: readonly Parameters<typeof onMessage>[1][]) => {
        for (const message of messages) onMessage(session, message)
      },
      ask: (timeoutMs: number) =>
        session.pool.request(session.address, 'ping', {}, { timeoutMs, connectTimeoutMs: timeoutMs }),
      onLost: () => session.#failWaiting(),
    }
    session.#link = await Link.open(session.address, session.id, events, options)
    if (session.hooks !== undefined) return session
    watchExit(session)
    watchInterrupt(session)
    return session
  }

  /** The scheduler is a Dask one: it knows none of our functions. */
  get isDask(): boolean {
    return this.#link?.dialect === 'dask'
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

  /** @throws HeddleError HEDDLE_IN_TASK when this is the client of many tasks, which are not to meddle with one another. */
  assertOwn(what: string): void {
    if (this.hooks === undefined) return
    const text = `client.${what} concerns all tasks, and this client is lent to one: call it in the program`
    throw new HeddleError('HEDDLE_IN_TASK', text)
  }

  get unfinished(): number {
    return this.ended === undefined ? this.wants.countUnfinished() : 0
  }

  get unfetched(): number {
    return this.wants.countUnfetched()
  }

  async progress(): Promise<{ running: number; waiting: number } | undefined> {
    return this.isDask ? undefined : await this.request('progress', { client: this.id })
  }

  /** Waits for outcomes; the process stays alive meanwhile. @throws WaitTimeoutError, SchedulerLostError, ClosedError. */
  wait(states: readonly KeyState[], until: Until, options: WaitOptions = {}): Promise<void> {
    return Wait.for(states, until, this, options)
  }

  enter(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#link?.hold()
    if (this.#waiting.size > 1) this.#vigil.abandon()
    else if (waiting.keys === 1) this.#vigil.begin()
    const { ended } = this
    if (ended) waiting.fail(ended)
    else this.hooks?.onWait(waiting)
  }

  leave(waiting: Waiting): void {
    if (!this.#waiting.delete(waiting)) return
    this.#vigil.end()
    this.#link?.letGo()
    this.hooks?.onWaited(waiting)
  }

  /** Asks the scheduler. @throws SchedulerLostError when it is gone; what its handler threw. */
  async request<Op extends keyof SchedulerRequests>(
    op: Op,
    ask: SchedulerRequests[Op]['ask'],
    options: RequestOptions = {},
  ): Promise<SchedulerRequests[Op]['reply']> {
    this.assertOpen()
    this.outbox.flush()
    return await this.#orEnded(this.pool.request(this.address, op, ask, options))
  }

  /** Asks a worker. @throws SchedulerLostError when the worker ended because the scheduler did; what its handler threw. */
  askWorker<Reply>(worker: Address, op: string, ask: object, options: RequestOptions = {}): Promise<Reply> {
    this.assertOpen()
    return this.#orEnded(this.pool.request<Reply>(worker, op, ask, options))
  }

  async #orEnded<Reply>(asked: Promise<Reply>): Promise<Reply> {
    try {
      return await asked
    } catch (error) {
      // The stream may hear of it a moment later.
      await new Promise((resolve) => setImmediate(resolve))
      throw this.ended ?? error
    }
  }

  async sayGoodbye(): Promise<void> {
    unwatchExit(this)
    this.outbox.flush()
    await this.#link?.close()
  }

  /** Lets go of everything; what is pending rejects with ClosedError. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    unwatchExit(this)
    unwatchInterrupt(this)
    for (const watch of this.watches) watch.close()
    for (const state of this.wants.known()) this.reports.report(state)
    // What is closing holds nothing, and yet the process must see the end of it.
    const alive = setInterval(() => {}, LONG_MS)
    try {
      this.outbox.flush()
      const closed = [this.#link?.close(), this.pool.close()]
      this.#failWaiting()
      await Promise.all(closed)
      await this.onClosed?.()
    } finally {
      clearInterval(alive)
    }
  }

  #failWaiting(): void {
    for (const waiting of this.#waiting) {
      const { ended } = this
      if (ended) waiting.fail(ended)
    }
  }

  #onReleased(key: Key): void {
    if (!this.#link?.isOver) this.outbox.release(key)
  }

  #onForgotten(state: KeyState): void {
    this.reports.report(state)
    if (!state.isWatched) return
    const text = `the future of ${state.key} was released while its result was awaited`
    state.settle({ status: 'cancelled', error: new CancelledError(state.key, text) })
  }
}
