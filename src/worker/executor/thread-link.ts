import type { Worker } from 'node:worker_threads'
import type { Artefact } from '../../code/artefact.js'
import { Deferred } from '../../util/deferred.js'
import { Encoded } from '../../values/encoded.js'
import type { Arena } from '../memory/arena.js'
import type { Place } from './endings.js'
import type { Job } from './executor.js'
import { causeOf } from './failures.js'
import { ThreadFlags } from './flags.js'
import { LinkMemory } from './link-memory.js'
import { LiveInputs, type LiveLimits } from './live-inputs.js'
import { Outbox, type OutboxEntry } from './outbox.js'
import { Outgoing } from './outgoing.js'
import type { Posted } from './posted.js'
import { PostedJobs } from './posted-jobs.js'
import { OUTBOX_BYTES, statusOf } from './result-codes.js'
import { type SpawnOptions, spawnThread } from './spawn-thread.js'
import { COMMON_TYPES } from './thread/type-name.js'
import type { Death, LinkEvents, Result } from './thread-events.js'
import type { FromThread, PostedResult, ThreadSetup } from './thread-messages.js'

const NO_BUFFERS: readonly never[] = []
const NO_INPUTS: readonly never[] = []

export interface LinkOptions extends SpawnOptions {
  readonly setup: ThreadSetup
  readonly live: LiveLimits
  readonly arena: Arena
}

/** Main's end of one executor thread: what it was given, what it holds, how it ends. */
export class ThreadLink {
  readonly number: number
  /** It can run jobs; rejects if it ends before. */
  readonly ready = new Deferred<void>()
  readonly gone: Promise<void>
  readonly posted = new PostedJobs()
  /** As outcomes name it. */
  readonly place: Place
  ended = false
  readonly #worker: Worker
  readonly #outbox = Outbox.of(OUTBOX_BYTES)
  readonly #flags = ThreadFlags.fresh()
  readonly #outgoing = new Outgoing()
  readonly #live: LiveInputs
  readonly #arena: Arena
  readonly #memory: LinkMemory
  readonly #codes = new Set<string>()
  readonly #events: LinkEvents
  /** Tasks that wait for something outside, with those that left their places. */
  #waiting = 0
  #exclusive = false
  #collecting = false
  #exiting: Extract<FromThread, { op: 'exiting' }> | undefined

  constructor(options: LinkOptions, events: LinkEvents) {
    const { number, workerName } = options.setup
    this.number = number
    this.place = { thread: number, workerName }
    this.#events = events
    this.#arena = options.arena
    this.#memory = new LinkMemory(options.arena)
    this.#live = new LiveInputs(options.live, {
      put: (number, encoded) => this.#put(number, encoded),
      drop: (number) => this.#outgoing.drop(number),
    })
    this.#worker = this.#spawn(options)
    this.gone = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.ready.promise.catch(() => {})
  }

  /** The thread has room for one more. */
  get hasRoom(): boolean {
    return this.posted.hasCell && this.#outgoing.hasRoom
  }

  /** Tasks with a place that wait for something outside: the thread could do more. */
  get waiting(): number {
    return Math.max(0, this.#waiting - this.posted.aside)
  }

  /** It runs a task with effects, beside which nothing else may stand. */
  get isExclusive(): boolean {
    return this.#exclusive
  }

  missingBytes(job: Job): number {
    return job.inputs.size === 0 ? 0 : this.#live.missingBytes(job.inputs)
  }

  hasCode(hash: string): boolean {
    return this.#codes.has(hash)
  }

  addCode(artefact: Artefact): void {
    this.#codes.add(artefact.hash)
    this.#outgoing.addCode(artefact)
  }

  removeCode(hash: string): void {
    if (this.#codes.delete(hash)) this.#outgoing.removeCode(hash)
  }

  forget(keys: readonly string[]): void {
    this.#live.forget(keys)
  }

  /** Leaves with the next `flush`. */
  give(job: Job): Posted {
    const inputs = job.inputs.size === 0 ? NO_INPUTS : this.#live.take(job.inputs, job.mutates)
    if (this.posted.isEmpty) this.#worker.ref()
    const posted = this.posted.offer(this, job, inputs)
    this.#memory.show(job.args.buffers, this.#outgoing)
    this.#memory.lend(this.#outgoing)
    this.#outgoing.addJob(job, posted, inputs)
    this.#exclusive = job.effect === true
    return posted
  }

  /** The thread is to collect its garbage. `viewers`: only if it has views. */
  collect(only: 'all' | 'viewers'): void {
    if (this.#collecting || this.ended || (only === 'viewers' && !this.#memory.seesAny)) return
    this.#collecting = true
    this.#live.forgetUnowned((encoded) => this.#arena.isOwned(encoded))
    this.#outgoing.collect()
  }

  flush(): void {
    const message = this.ended ? undefined : this.#outgoing.take()
    if (message !== undefined) this.#worker.postMessage(message)
  }

  /** Takes a job back, if it has not begun. */
  withdraw(posted: Posted): boolean {
    if (!this.posted.withdraw(posted)) return false
    this.#forgetPosted(posted)
    return true
  }

  /** Asks a task to end; true if it listens. */
  askAbort(posted: Posted): boolean {
    this.posted.askAbort(posted)
    this.#outgoing.abort(posted.job.id)
    this.flush()
    return this.posted.isListening(posted)
  }

  /** Whether main comes soon to `drain`: a busy thread need not wake it. */
  announce(comes: boolean): void {
    this.#outbox.announce(comes)
  }

  /** Takes in the results that are written but were not announced yet. */
  drain(): void {
    this.#outbox.answer()
    this.#outbox.drain(this.#onEntry)
  }

  /**
   * Ends it, now or, where a native addon could take the process along, as soon as it comes to rest. What was posted
   * stays in `posted` for the caller to deal with; nothing is reported any more.
   */
  end(): void {
    this.ended = true
    if (this.#flags.addonLoaded) this.#worker.postMessage({ retire: true })
    else void this.#worker.terminate()
    this.#worker.unref()
    this.#live.forgetAll()
    for (const { timer } of this.posted.all()) clearTimeout(timer)
  }

  #spawn(options: LinkOptions): Worker {
    const shared = {
      cells: this.posted.memory,
      inbox: this.#outgoing.memory,
      outbox: this.#outbox.memory,
      flags: this.#flags.memory,
    }
    const worker = spawnThread(options, { ...options.setup, ...shared })
    worker.on('message', (message: FromThread) => this.#onMessage(message))
    worker.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    worker.on('exit', (code) => this.#onExit(code))
    return worker
  }

  #onMessage(message: FromThread): void {
    if (this.ended) return
    switch (message.op) {
      case 'bell':
        this.drain()
        break
      case 'result':
        this.#onResult(message.cell, { ...message, value: this.#receive(message.value) })
        break
      case 'waiting':
        this.#waiting = message.tasks
        break
      case 'gone':
        for (const id of message.ids) this.#memory.gone(id)
        return
      case 'collected':
        this.#collecting = false
        this.#arena.noteCollected()
        return
      case 'log':
        this.#events.onLog(this, message)
        return
      case 'ready':
        this.ready.resolve()
        if (this.posted.isEmpty) this.#worker.unref()
        return
      case 'seceded':
        this.#onSeceded(message)
        break
      case 'exiting':
        this.#exiting = message
        return
      case 'crashed':
        this.#die({ ...message, reason: 'crashed', error: this.#receive(message.error), text: '' })
        return
    }
    this.#events.onProgress(this)
  }

  #put(number: number, encoded: Encoded): void {
    this.#memory.show(encoded.buffers, this.#outgoing)
    this.#outgoing.put(number, encoded)
  }

  readonly #onEntry = ({ cell, code, start, stop, nbytes, type, bytes }: OutboxEntry): void => {
    const value = new Encoded(bytes, NO_BUFFERS, nbytes)
    this.#onResult(cell, { status: statusOf(code), value, typename: COMMON_TYPES[type] as string, start, stop })
  }

  #receive(posted: PostedResult | undefined): Encoded | undefined {
    return posted && new Encoded(posted.head, this.#memory.receive(posted.buffers), posted.nbytes)
  }

  #onResult(cell: number, result: Result): void {
    const posted = this.posted.at(cell)
    if (posted === undefined) return
    if (this.#waiting > 0) this.#waiting--
    this.#forgetPosted(posted)
    this.#events.onResult(this, posted, result)
  }

  /** It waits in the thread like others that wait, and does not count. */
  #onSeceded({ id, cell }: Extract<FromThread, { op: 'seceded' }>): void {
    const posted = this.posted.at(cell)
    // Its result may have come first.
    if (posted?.job.id !== id) return
    this.posted.stepAside(posted)
    if (this.posted.size === 0) this.#exclusive = false
    this.#events.onSeceded(posted)
  }

  #forgetPosted(posted: Posted): void {
    if (posted.timer !== undefined) clearTimeout(posted.timer)
    this.posted.remove(posted)
    this.#live.release(posted.inputs)
    if (this.posted.size === 0) this.#exclusive = false
    if (this.posted.isEmpty) this.#worker.unref()
  }

  #onError(error: NodeJS.ErrnoException): void {
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out-of-memory' : 'error'
    this.#die({
      reason,
      id: undefined,
      key: undefined,
      error: undefined,
      text: error.message,
    })
  }

  #onExit(code: number): void {
    this.#memory.close()
    const { id, key } = this.#exiting ?? {}
    const text = `process.exit(${this.#exiting?.code ?? code})`
    this.#die({ reason: 'exit', id, key, error: undefined, text })
  }

  #die(known: Omit<Death, 'heapUsed'>): void {
    if (this.ended) return
    this.drain()
    this.end()
    this.ready.reject(causeOf(known) ?? new Error(`an executor thread ended at its start: ${known.text}`))
    this.#events.onDeath(this, { ...known, heapUsed: this.#flags.heapUsed })
  }
}
