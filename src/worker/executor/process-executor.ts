import type { Artefact } from '../../code/artefact.js'
import type { TlsOptions } from '../../comm/tls-credentials.js'
import type { Key } from '../../protocol/names.js'
import { now, stopAfter } from './clock.js'
import { EndOfTurn } from './end-of-turn.js'
import { neverRan, outcomeOfResult } from './endings.js'
import type { ExecutorEvents, ExecutorStats, Job, Outcome, TaskExecutor } from './executor.js'
import { processDeathError, timeoutError } from './failures.js'
import { JobQueue } from './job-queue.js'
import { KnownCode } from './known-code.js'
import { Pace } from './pace.js'
import { type ProcessDeath, type ProcessEvents, ProcessLink } from './process-link.js'
import { QueueStats } from './queue-stats.js'
import { Settlements } from './settlements.js'

export interface ProcessExecutorOptions {
  /** Processes, each of which runs one task at a time. */
  nthreads: number
  /** The file that a process runs: `process-entry.js`. */
  entry: URL
  /** Shown in errors and to tasks. Default `worker`. */
  workerName?: string
  /** The worker's scratch directory, for tasks. Default none. */
  localDirectory?: string
  /** Grace of a task that took its AbortSignal and runs longer than its timeout, milliseconds. Default 5000. */
  graceMs?: number
  /** Tasks that change their inputs fail. Default false. */
  validate?: boolean
  /** Limit of each process's JavaScript heap, bytes. Buffers do not count. Default: Node's. */
  heapLimit?: number
  /** Address of the scheduler, for tasks that submit tasks, and certificates for it. Default: none, they cannot. */
  scheduler?: string
  tls?: TlsOptions | undefined
  /** URLs of modules that each process runs first. Default none. */
  preload?: readonly string[]
}

/** How long a task may take to say whether it listens to its signal. */
const ANSWER_MS = 250

/** Runs tasks in child processes, which are started when they are needed. What ends one costs one task an error. */
export class ProcessExecutor implements TaskExecutor {
  readonly nthreads: number
  readonly stats: ExecutorStats
  readonly #options: ProcessExecutorOptions
  readonly #queue = new JobQueue()
  readonly #code = new KnownCode()
  readonly #links: (ProcessLink | undefined)[]
  /** Those whose task waits for other tasks: others have taken their places. */
  readonly #aside = new Set<ProcessLink>()
  readonly #pace = new Pace()
  readonly #settlements = new Settlements()
  readonly #turn = new EndOfTurn(() => {
    this.#report()
    this.#feed()
  })
  #events: ExecutorEvents = { onOutcome: () => {} }
  #closed = false

  constructor(options: ProcessExecutorOptions) {
    this.#options = options
    this.nthreads = options.nthreads
    this.#links = new Array<ProcessLink | undefined>(options.nthreads).fill(undefined)
    this.stats = new QueueStats({
      threads: this.nthreads,
      queue: this.#queue,
      pace: this.#pace,
      settlements: this.#settlements,
      executing: () => this.#all().filter((link) => link.job !== undefined).length,
    })
  }

  async start(events: ExecutorEvents): Promise<void> {
    this.#events = events
  }

  addCode(artefact: Artefact): void {
    this.#code.add(artefact)
  }

  removeCode(hash: string): void {
    this.#code.remove(hash)
    for (const link of this.#all()) link.removeCode(hash)
  }

  submit(job: Job): void {
    this.#queue.push(job)
    this.#turn.ask()
  }

  withdraw(id: number): boolean {
    return this.#queue.remove(id) !== undefined
  }

  abort(id: number, graceMs: number): void {
    const queued = this.#queue.remove(id)
    if (queued !== undefined) this.#settle(queued, neverRan(0))
    else void this.#stop(id, 'aborted', graceMs)
  }

  forget(_keys: readonly Key[]): void {
    // Nothing is kept decoded in the processes.
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#turn.stop()
    for (const job of this.#queue.takeAll()) this.#settle(job, neverRan(0))
    const links = this.#all()
    for (const link of links) {
      link.end()
      if (link.job !== undefined) this.#settle(link.job, neverRan(link.number))
    }
    this.#report()
    await Promise.all(links.map(({ gone }) => gone))
  }

  #feed(): void {
    for (let i = 0; i < this.nthreads && this.#queue.size > 0 && !this.#closed; i++) {
      const link = this.#links[i] ?? this.#open(i)
      this.#links[i] = link
      if (link.job === undefined) this.#give(link, this.#queue.shift() as Job)
    }
  }

  #open(number: number): ProcessLink {
    const {
      entry,
      workerName = 'worker',
      validate = false,
      localDirectory = '',
      scheduler = '',
      tls,
      preload = [],
      heapLimit,
    } = this.#options
    const setup = { number, workerName, validate, localDirectory, scheduler, tls, preload }
    return new ProcessLink({ entry, setup, heapLimit }, this.#linkEvents)
  }

  #give(link: ProcessLink, job: Job): void {
    this.#code.giveTo(link, job.function)
    link.give(job)
  }

  readonly #linkEvents: ProcessEvents = {
    onReady: () => {},
    onBegun: (link) => this.#onBegun(link),
    onSeceded: (link) => this.#onSeceded(link),
    onResult: (link, result) => {
      const { job, ending, number } = link
      if (this.#aside.delete(link)) this.#takeBack(link)
      this.#pace.note(result.stop - result.start)
      this.#settle(job!, outcomeOfResult(result, job!, ending, { thread: number, workerName: this.#workerName }))
    },
    onLog: ({ number }, { op: _, ...entry }) => this.#events.onLog?.({ ...entry, thread: number }),
    onDeath: (link, death) => this.#onDeath(link, death),
  }

  #all(): ProcessLink[] {
    return [...this.#links.filter((link) => link !== undefined), ...this.#aside]
  }

  #onSeceded(link: ProcessLink): void {
    const { job, number, start = now() } = link
    this.#aside.add(link)
    this.#links[number] = undefined
    this.#events.onSeceded?.(job!, now() - start)
    this.#turn.ask()
  }

  /** It is free again: for its old place, if nobody has taken that. */
  #takeBack(link: ProcessLink): void {
    if (this.#links[link.number] === undefined) this.#links[link.number] = link
    else link.end()
  }

  get #workerName(): string {
    return this.#options.workerName ?? 'worker'
  }

  #onBegun(link: ProcessLink): void {
    const { id, timeoutMs } = link.job as Job
    this.#events.onClaimed?.([id])
    if (timeoutMs === undefined) return
    link.timer = setTimeout(() => void this.#stop(id, 'timeout', this.#options.graceMs ?? 5000), timeoutMs)
  }

  async #stop(id: number, as: 'aborted' | 'timeout', graceMs: number): Promise<void> {
    const link = this.#all().find((one) => one.job?.id === id)
    if (link === undefined || link.ending !== undefined) return
    link.ending = as
    clearTimeout(link.timer)
    const listens = graceMs > 0 && (await link.askAbort(Math.min(graceMs, ANSWER_MS)))
    if (link.ended || link.job?.id !== id) return
    if (listens) link.timer = setTimeout(() => this.#kill(link), graceMs)
    else this.#kill(link)
  }

  /** The task did not end by itself: its process does. */
  #kill(link: ProcessLink): void {
    const { job, ending, start = now() } = link
    if (link.ended || job === undefined) return
    this.#drop(link)
    const timing = { thread: link.number, start, stop: stopAfter(start) }
    const error = { status: 'error', kind: 'timeout', error: timeoutError(job, this.#workerName) } as const
    this.#settle(job, ending === 'timeout' ? { ...error, ...timing } : { status: 'aborted', ...timing })
  }

  #onDeath(link: ProcessLink, death: ProcessDeath): void {
    this.#drop(link)
    const { job, start = now(), number: thread } = link
    if (job === undefined) {
      const text = `a process for tasks ended by itself (${death.signal ?? `exit code ${death.code}`}); it was replaced`
      this.#events.onLog?.({ key: undefined, thread, level: 'error', text })
      return
    }
    const timing = { thread, start, stop: stopAfter(start) }
    if (link.ending === 'aborted') this.#settle(job, { status: 'aborted', ...timing })
    else
      this.#settle(job, {
        status: 'error',
        kind: 'thread-died',
        error: processDeathError(job, death, this.#options.heapLimit),
        ...timing,
      })
  }

  #drop(link: ProcessLink): void {
    link.end()
    this.#aside.delete(link)
    if (this.#links[link.number] === link) this.#links[link.number] = undefined
  }

  #settle(job: Job, outcome: Outcome): void {
    this.#settlements.add(job, outcome)
    this.#turn.ask()
  }

  #report(): void {
    this.#settlements.tell(this.#events)
  }
}
