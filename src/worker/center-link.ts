/**
 * The connection to the center or scheduler: registers, keeps the stream, sends heartbeats, and asks what only the
 * center knows. A center that is lost is looked for again, since the values here are still good; a scheduler that is
 * lost is not, since it will not know its tasks any more.
 */
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { CommClosedError, HeddleError, RegistrationError } from '../errors.js'
import type { Logger } from '../log/log.js'
import { compactForm } from '../protocol/compact.js'
import type { FromWorkerMessage, ToWorkerMessage, WorkerInfo } from '../protocol/messages.js'
import type { Address, Key } from '../protocol/names.js'
import type { CenterRequests, Identity, SchedulerRequests } from '../protocol/requests.js'
import { whyNotToWorker } from '../protocol/validate-messages.js'
import type { ConnectionPool } from '../rpc/pool.js'
import { type MessageStream, openStream } from '../rpc/stream.js'
import type { Clock } from '../util/clock.js'
import { notACenter } from './not-a-center.js'

/** How long a start waits for the center unless told otherwise, tries included. */
const START_TIMEOUT_MS = 10_000
/** Between two tries to find a center again. */
const RETRY_MS = 500
/** A center that answers no heartbeat for so long is out of reach. */
const SILENCE_MS = 30_000
const GOODBYE_MS = 300
const HEARTBEAT_MIN_MS = 10
/** Nobody waits longer than this for a center that is slow to hear. */
const CONFIRM_MS = 2000

/** What the link needs of the worker. */
export interface LinkOptions {
  readonly center: Address
  /** Of this worker. */
  readonly address: Address
  readonly pool: Pick<ConnectionPool, 'request'>
  readonly clock: Clock
  readonly logger: Logger
  readonly deathTimeoutMs: number | undefined
  readonly tls: TlsCredentials | undefined
  /** What the worker says of itself, asked anew for each registration. */
  info(): Promise<WorkerInfo>
  heartbeat(): Omit<CenterRequests['heartbeat_worker']['ask'], 'address'>
  onMessages(messages: ToWorkerMessage[]): void
  /** Registered, for the first time or again. */
  onJoined(info: WorkerInfo): void
  onLeft(): void
  /** There is nothing to come back to; `again`: but for a new worker. */
  onLost(reason: string, again: boolean): void
}

type Stream = MessageStream<FromWorkerMessage>
type RegisterReply = CenterRequests['register-worker']['reply']

/** See above. */
export class CenterLink {
  readonly #options: LinkOptions
  #role: Identity['type'] | undefined
  #isDask = false
  #stream: Stream | undefined
  #heartbeatMs = 1000
  /** When the center last answered. */
  #heardAt = 0
  #cancelHeartbeat: (() => void) | undefined
  #abort = new AbortController()
  #confirming: Promise<void> | undefined
  #closing = false
  #kept = true

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** `Center` or `Scheduler`, once known. */
  get role(): Identity['type'] | undefined {
    return this.#role
  }

  /** Its scheduler is a stock Dask one. */
  get isDask(): boolean {
    return this.#isDask
  }

  /** Registers. @throws ConnectError when nobody is there in time; RegistrationError when it may not join. */
  async join(): Promise<void> {
    await this.#register(this.#options.deathTimeoutMs ?? START_TIMEOUT_MS)
  }

  /** Leaves with the next flush, in order; what is said while there is no center is not said. */
  send(message: FromWorkerMessage): void {
    this.#stream?.send(message)
  }

  flush(): void {
    this.#stream?.flush()
  }

  hold(ms: number, nbytes: number): void {
    this.#stream?.hold(ms, nbytes)
  }

  /** The connection does not keep the process alive any more. */
  unref(): void {
    this.#kept = false
    this.#stream?.unref()
  }

  /**
   * Resolves when the center has surely heard what was sent and flushed before: who is answered then finds it there.
   * Without a center it resolves at once. All who ask in one turn share one question.
   */
  confirm(): Promise<void> {
    if (this.#stream === undefined) return Promise.resolve()
    this.#confirming ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#confirming = undefined
        this.flush()
        const { center, pool } = this.#options
        const options = { timeoutMs: CONFIRM_MS, signal: this.#abort.signal }
        pool.request(center, 'ping', {}, options).then(
          () => resolve(),
          () => resolve(),
        )
      })
    })
    return this.#confirming
  }

  /** The answer comes back as a message, like a scheduler's. Without one the core asks again. */
  askWhoHas(keys: Key[]): void {
    const ask: CenterRequests['who_has']['ask'] = { keys }
    const asked = this.#options.pool.request<CenterRequests['who_has']['reply']>(this.#options.center, 'who_has', ask, {
      connectTimeoutMs: RETRY_MS,
      signal: this.#abort.signal,
    })
    asked.then(
      ({ who_has }) => this.#onHolders({ op: 'refresh-who-has', who_has, stimulus_id: 'who_has' }),
      (error: Error) => this.#options.logger.debug(`the center did not say who has ${keys[0]}: ${error.message}`),
    )
  }

  #onHolders(message: ToWorkerMessage): void {
    const reason = whyNotToWorker(message)
    if (reason === undefined) this.#options.onMessages([message])
    else this.#options.logger.warn(`the center gave no answer to who_has: ${reason}`)
  }

  /** The code of this hash, or who has it; null when the center is none that has any. */
  async fetchCode(hash: string): Promise<SchedulerRequests['get_code']['reply'] | null> {
    if (this.#role !== 'Scheduler' || this.#isDask) return null
    const ask: SchedulerRequests['get_code']['ask'] = { hash, who: this.#options.address }
    const { signal } = this.#abort
    return await this.#options.pool.request<SchedulerRequests['get_code']['reply']>(
      this.#options.center,
      'get_code',
      ask,
      { signal },
    )
  }

  /** Says goodbye if it is registered, and looks for nothing any more. */
  async close(reason: string): Promise<void> {
    this.#closing = true
    this.#cancelHeartbeat?.()
    const stream = this.#stream
    this.#stream = undefined
    stream?.ref()
    if (stream !== undefined) await this.#sayGoodbye(reason)
    this.#abort.abort(new HeddleError('HEDDLE_CLOSED', 'the worker is closed'))
    await stream?.close()
  }

  async #register(timeoutMs: number): Promise<void> {
    const { center, pool } = this.#options
    const until = this.#options.clock.now() + timeoutMs
    const left = () => Math.max(1, until - this.#options.clock.now())
    const { signal } = this.#abort
    const options = { connectTimeoutMs: timeoutMs, timeoutMs, signal }
    const identity = await pool.request<Identity>(center, 'identity', {}, options)
    if (identity.type !== 'Center' && identity.type !== 'Scheduler') throw notACenter(center, identity)
    this.#role = identity.type
    this.#isDask = identity.system === 'dask'
    const info = await this.#options.info()
    const events = {
      check: whyNotToWorker,
      compact: compactForm('compute-task'),
      onMessages: (messages: ToWorkerMessage[]) => this.#options.onMessages(messages),
      onClose: (reason: Error | undefined) => this.#onClose(stream, reason),
    }
    const opened = await openStream<ToWorkerMessage, FromWorkerMessage, RegisterReply>(
      center,
      'register-worker',
      info,
      events,
      { connectTimeoutMs: left(), timeoutMs: left(), signal, tls: this.#options.tls },
    )
    const { stream, reply } = opened
    if (this.#closing) {
      stream.abort(new HeddleError('HEDDLE_CLOSED', 'the worker is closed'))
      throw new HeddleError('HEDDLE_CLOSED', 'the worker was closed while it registered')
    }
    this.#stream = stream
    if (!this.#kept) stream.unref()
    this.#heardAt = this.#options.clock.now()
    this.#setHeartbeat(reply.heartbeat)
    if (reply.note !== undefined) this.#options.logger.warn(reply.note)
    this.#options.onJoined(info)
    this.#planHeartbeat()
  }

  #onClose(stream: Stream, reason: Error | undefined): void {
    if (this.#stream !== stream || this.#closing) return
    this.#stream = undefined
    this.#cancelHeartbeat?.()
    this.#options.onLeft()
    const { center, logger } = this.#options
    const why = reason?.message ?? 'it closed the connection'
    if (this.#role === 'Scheduler') {
      this.#options.onLost(`its scheduler ${center} is gone: ${why}`, this.#isDask)
      return
    }
    logger.warn(`the center ${center} is out of reach (${why}); the values here are kept, and it is looked for again`)
    void this.#findAgain(this.#options.clock.now())
  }

  async #findAgain(since: number): Promise<void> {
    const { deathTimeoutMs = Number.POSITIVE_INFINITY, clock, logger, center } = this.#options
    let said = ''
    for (;;) {
      try {
        await this.#register(RETRY_MS * 4)
        return
      } catch (error) {
        if (this.#closing) return
        const { message } = error as Error
        if (message !== said) logger.info(`not registered with ${center} yet: ${message}`)
        said = message
      }
      if (this.#role === 'Scheduler') return this.#options.onLost(`${center} is a scheduler now`, false)
      const gone = clock.now() - since
      if (gone >= deathTimeoutMs)
        return this.#options.onLost(`the center ${center} was out of reach for ${Math.round(gone / 100) / 10} s`, false)
      await this.#pause(RETRY_MS)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#abort
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#options.clock.after(ms, end)
      signal.addEventListener('abort', end)
    })
  }

  #setHeartbeat(ms: number): void {
    if (Number.isFinite(ms)) this.#heartbeatMs = Math.max(HEARTBEAT_MIN_MS, ms)
  }

  #planHeartbeat(): void {
    this.#cancelHeartbeat?.()
    const stream = this.#stream
    this.#cancelHeartbeat = this.#options.clock.after(this.#heartbeatMs, () => {
      if (stream !== undefined && this.#stream === stream) void this.#heartbeat(stream)
    })
  }

  async #heartbeat(stream: Stream): Promise<void> {
    const { center, address, pool } = this.#options
    try {
      const ask: CenterRequests['heartbeat_worker']['ask'] = { address, ...this.#options.heartbeat() }
      const options = { timeoutMs: SILENCE_MS, connectTimeoutMs: SILENCE_MS, signal: this.#abort.signal }
      const reply = await pool.request<CenterRequests['heartbeat_worker']['reply']>(
        center,
        'heartbeat_worker',
        ask,
        options,
      )
      this.#heardAt = this.#options.clock.now()
      this.#setHeartbeat(reply.heartbeat)
      if (reply.status === 'missing')
        stream.abort(new RegistrationError(`${center} does not know this worker any more`))
    } catch (error) {
      const isSilent = this.#options.clock.now() - this.#heardAt >= SILENCE_MS
      if (isSilent && !this.#closing) stream.abort(new CommClosedError(center, (error as Error).message))
    }
    if (this.#stream === stream) this.#planHeartbeat()
  }

  async #sayGoodbye(reason: string): Promise<void> {
    const { center, address, pool } = this.#options
    const ask: CenterRequests['unregister']['ask'] = { address, reason }
    await pool
      .request(center, 'unregister', ask, { timeoutMs: GOODBYE_MS, connectTimeoutMs: GOODBYE_MS })
      .catch(() => {})
  }
}
