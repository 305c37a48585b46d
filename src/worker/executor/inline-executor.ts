import type { Artefact } from '../../code/artefact.js'
import type { ClientTask, MakeTaskClients, TaskClients } from '../../code/task-clients.js'
import type { Key } from '../../protocol/names.js'
import { decode } from '../../values/decode.js'
import { setTaskHost } from '../task-context.js'
import { now, stopAfter } from './clock.js'
import { EndOfTurn } from './end-of-turn.js'
import { neverRan, outcomeOfResult } from './endings.js'
import type { ExecutorEvents, ExecutorStats, Job, Outcome, TaskExecutor } from './executor.js'
import { JobQueue } from './job-queue.js'
import { Pace } from './pace.js'
import { QueueStats } from './queue-stats.js'
import { Settlements } from './settlements.js'
import { CodeCache, type CodeHooks } from './thread/code-cache.js'
import type { RunningTask } from './thread/running-task.js'
import { currentJob, currentTask, OWN_BUFFERS, type RunEnd, TaskRunner } from './thread/task-runner.js'

export interface InlineExecutorOptions extends CodeHooks {
  /** Tasks that may be under way at once, which they are only while they wait. Default 1. */
  nthreads?: number
  /** Shown in errors and to tasks. Default `worker`. */
  workerName?: string
  /** Tasks that change their inputs fail. Default false. */
  validate?: boolean
  /** Grace of a task that took its AbortSignal and runs longer than its timeout, milliseconds. Default 5000. */
  graceMs?: number
  /** The worker's scratch directory, for tasks. Default none. */
  localDirectory?: string
  /** Address of the scheduler, for tasks that submit tasks, and their clients. Default: none, they cannot. */
  scheduler?: string
  clients?: MakeTaskClients
}

/** A job that has begun. */
interface Begun {
  readonly job: Job
  readonly start: number
  ending?: 'aborted' | 'timeout'
  signalTaken: boolean
  /** It waits for other tasks, and takes no place. */
  isAside?: boolean
  timer?: NodeJS.Timeout
}

/**
 * Runs tasks in this very thread, for tests and for debugging with breakpoints. What it cannot do: end code that does
 * not end by itself. A task that waits is given up when its time is over, and whatever it does later is ignored.
 */
export class InlineExecutor implements TaskExecutor {
  readonly nthreads: number
  readonly stats: ExecutorStats
  readonly #workerName: string
  readonly #graceMs: number
  readonly #code: CodeCache
  readonly #runner: TaskRunner
  readonly #queue = new JobQueue()
  readonly #begun = new Map<number, Begun>()
  readonly #turn = new EndOfTurn(() => this.#pump())
  readonly #pace = new Pace()
  readonly #clients: TaskClients | undefined
  #aside = 0
  readonly #settlements = new Settlements()
  #events: ExecutorEvents = { onOutcome: () => {} }
  #closed = false

  constructor(options: InlineExecutorOptions = {}) {
    const { nthreads = 1, workerName = 'worker', validate = false, graceMs = 5000, localDirectory = '' } = options
    this.#code = new CodeCache({ workerName, thread: 0, localDirectory }, options)
    this.nthreads = nthreads
    this.#workerName = workerName
    this.#graceMs = graceMs
    const { scheduler = '', clients } = options
    const secede = (task: ClientTask) => this.#secede(task as RunningTask)
    this.#clients = clients?.({ scheduler, workerName, current: currentJob, secede })
    const given = this.#clients === undefined ? {} : { clients: this.#clients }
    this.#runner = new TaskRunner({ workerName, thread: 0, validate, code: this.#code, ...given })
    this.stats = new QueueStats({
      threads: this.nthreads,
      queue: this.#queue,
      pace: this.#pace,
      settlements: this.#settlements,
      executing: () => this.#begun.size,
    })
  }

  async start(events: ExecutorEvents): Promise<void> {
    this.#events = events
    const clients = this.#clients
    const client = clients && (() => clients.get())
    setTaskHost({ current: currentTask, allocate: (nbytes) => new Uint8Array(nbytes), ...(client && { client }) })
  }

  addCode(artefact: Artefact): void {
    this.#code.add(artefact)
  }

  removeCode(hash: string): void {
    this.#code.remove(hash)
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
    else this.#stop(id, 'aborted', graceMs)
  }

  forget(_keys: readonly Key[]): void {
    // Nothing is kept decoded here.
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#turn.stop()
    for (const job of this.#queue.takeAll()) this.#settle(job, neverRan(0))
    for (const begun of this.#begun.values()) {
      begun.ending = 'aborted'
      this.#giveUp(begun)
    }
    this.#report()
    await this.#clients?.close()
  }

  /** One task a turn: others of this thread have to live too. */
  #pump(): void {
    const job = this.#hasPlace && !this.#closed ? this.#queue.shift() : undefined
    if (job !== undefined) this.#begin(job)
    this.#report()
    if (this.#queue.size > 0 && this.#hasPlace) this.#turn.ask()
  }

  get #hasPlace(): boolean {
    return this.#begun.size - this.#aside < this.nthreads
  }

  #secede(task: RunningTask): void {
    const begun = this.#begun.get(task.id)
    if (begun === undefined || !task.stepAside()) return
    begun.isAside = true
    this.#aside++
    this.#events.onSeceded?.(begun.job, now() - begun.start)
    this.#turn.ask()
  }

  #begin(job: Job): void {
    const begun: Begun = { job, start: now(), signalTaken: false }
    this.#begun.set(job.id, begun)
    this.#events.onClaimed?.([job.id])
    const { timeoutMs } = job
    if (timeoutMs !== undefined) begun.timer = setTimeout(() => this.#stop(job.id, 'timeout', this.#graceMs), timeoutMs)
    const line = {
      isAsked: () => begun.ending !== undefined,
      noteTaken: () => {
        begun.signalTaken = true
      },
    }
    const rawInput = (key: Key) => job.inputs.get(key)!
    const input = (key: Key) => decode(rawInput(key), job.mutates ? OWN_BUFFERS : {})
    const run = { ...job, inputs: [...job.inputs.keys()], input: remembered(input), rawInput, line }
    const start = () => this.#runner.run(run, (_, end) => this.#onEnd(begun, end))
    const loading = this.#code.prepare(job.function)
    if (loading === undefined) start()
    else void loading.then(start)
  }

  #onEnd(begun: Begun, end: RunEnd): void {
    const { job, timer } = begun
    clearTimeout(timer)
    if (this.#begun.get(job.id) !== begun) return
    this.#begun.delete(job.id)
    if (begun.isAside) this.#aside--
    this.#pace.note(end.stop - end.start)
    const { value } = end
    const late = job.timeoutMs !== undefined && end.stop - begun.start > job.timeoutMs
    const place = { thread: 0, workerName: this.#workerName }
    const ending = begun.ending ?? (late ? 'timeout' : undefined)
    this.#settle(job, outcomeOfResult({ ...end, value }, job, ending, place))
  }

  #stop(id: number, as: 'aborted' | 'timeout', graceMs: number): void {
    const begun = this.#begun.get(id)
    if (begun === undefined) return
    begun.ending ??= as
    clearTimeout(begun.timer)
    this.#runner.abort(id)
    if (begun.signalTaken && graceMs > 0) begun.timer = setTimeout(() => this.#giveUp(begun), graceMs)
    else this.#giveUp(begun)
  }

  #giveUp(begun: Begun): void {
    const { start } = begun
    this.#onEnd(begun, { status: 'ok', value: undefined, typename: '', start, stop: stopAfter(start), printed: false })
  }

  #settle(job: Job, outcome: Outcome): void {
    this.#settlements.add(job, outcome)
    this.#turn.ask()
  }

  #report(): void {
    this.#settlements.tell(this.#events)
  }
}

/** Each input is decoded once for a task, as it is in a thread. */
export function remembered(input: (key: Key) => unknown): (key: Key) => unknown {
  const values = new Map<Key, unknown>()
  return (key) => {
    if (!values.has(key)) values.set(key, input(key))
    return values.get(key)
  }
}
