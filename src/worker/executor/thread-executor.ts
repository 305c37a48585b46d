import type { Artefact } from '../../code/artefact.js'
import type { Key } from '../../protocol/names.js'
import { codeOf } from '../../util/function-ref.js'
import { Arena, type Collectors } from '../memory/arena.js'
import { type Crew, chooseThread, rebalance } from './assignment.js'
import { blamedFor } from './blame.js'
import { now } from './clock.js'
import { EndOfTurn } from './end-of-turn.js'
import { type Named, neverRan, outcomeOfEnd, outcomeOfResult } from './endings.js'
import type { ExecutorEvents, ExecutorStats, Job, Outcome, TaskExecutor } from './executor.js'
import { reasonOf } from './failures.js'
import { HeldInputs } from './held-inputs.js'
import { JobQueue } from './job-queue.js'
import { KnownCode } from './known-code.js'
import { goneOrGivenUp, whenStuck } from './overdue.js'
import { Pace } from './pace.js'
import type { Posted } from './posted.js'
import { Rounds } from './rounds.js'
import { Settlements } from './settlements.js'
import type { Death, LinkEvents, Result } from './thread-events.js'
import type { ThreadExecutorOptions } from './thread-executor-options.js'
import { ThreadLink } from './thread-link.js'
import { ThreadStats } from './thread-stats.js'

/** How many inputs a thread keeps decoded. */
const LIVE_COUNT = 4096
const STUCK = 'its thread is stuck in native code and cannot be ended; another one took its place'
const SILENT: ExecutorEvents = { onOutcome: () => {} }

/** Runs tasks in threads of this process (docs/architecture.md, executor). */
export class ThreadExecutor implements TaskExecutor {
  readonly nthreads: number
  readonly stats: ExecutorStats
  readonly #options: ThreadExecutorOptions
  readonly #pace = new Pace()
  readonly #settlements = new Settlements()
  /** All but new jobs waits for the end of the turn: what the worker does with results comes before threads share out the rest. */
  readonly #turn = new EndOfTurn(() => {
    this.#report()
    this.#flush()
  })
  readonly #queue = new JobQueue()
  readonly #code = new KnownCode()
  readonly #arena: Arena
  readonly #held: HeldInputs
  readonly #crew: Crew
  readonly #rounds: Rounds
  readonly #named: Named
  #links: ThreadLink[] = []
  #events: ExecutorEvents = SILENT
  #flushing = false
  #closed = false

  constructor(options: ThreadExecutorOptions) {
    this.#options = options
    this.nthreads = options.nthreads
    const waitingMax = options.waitingPerThread ?? 16
    this.#arena = options.memory ?? new Arena()
    this.#held = new HeldInputs(this.#arena)
    this.#crew = { links: [], pace: this.#pace, waitingMax }
    this.#rounds = new Rounds(this.#crew, () => this.#goRound())
    this.stats = new ThreadStats(this.#crew, {
      threads: this.nthreads,
      queued: () => this.#queue.size,
      done: () => this.#settlements.done,
    })
    this.#named = { workerName: options.workerName ?? 'worker', heapLimit: options.heapLimit }
  }

  async start(events: ExecutorEvents): Promise<void> {
    this.#events = events
    this.#arena.collectors.add(this.#collectors)
    for (let i = 0; i < this.nthreads; i++) this.#links.push(this.#open(i))
    this.#crew.links = this.#links
    await Promise.all(this.#links.map(({ ready }) => ready.promise))
  }

  addCode(artefact: Artefact): void {
    this.#code.add(artefact)
  }

  removeCode(hash: string): void {
    this.#code.remove(hash)
    for (const link of this.#links) link.removeCode(hash)
    this.#turn.ask()
  }

  submit(job: Job): void {
    this.#held.hold(job)
    this.#queue.push(job)
    this.#flushSoon()
  }

  withdraw(id: number): boolean {
    const job = this.#queue.remove(id) ?? this.#takeBack(id)
    if (job !== undefined) this.#held.letGo(job)
    return job !== undefined
  }

  #takeBack(id: number): Job | undefined {
    const posted = this.#find(id)
    if (posted === undefined || !posted.link.withdraw(posted)) return undefined
    this.#turn.ask()
    return posted.job
  }

  abort(id: number, graceMs: number): void {
    const job = this.#queue.remove(id) ?? this.#takeBack(id)
    if (job !== undefined) return this.#settle(job, neverRan(0))
    const posted = this.#find(id)
    if (posted !== undefined) this.#stop(posted, 'aborted', graceMs)
  }

  /** Seldom needed, so that nothing is noted for it. */
  #find(id: number): Posted | undefined {
    for (const link of this.#links) {
      const posted = link.posted.find(id)
      if (posted !== undefined) return posted
    }
    return undefined
  }

  forget(keys: readonly Key[]): void {
    for (const link of this.#links) link.forget(keys)
    this.#turn.ask()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#turn.stop()
    this.#rounds.stop()
    for (const job of this.#queue.takeAll()) this.#settle(job, neverRan(0))
    for (const link of this.#links) {
      link.drain()
      link.end()
      for (const { job } of link.posted.all()) this.#settle(job, neverRan(link.number))
    }
    this.#report()
    this.#arena.collectors.delete(this.#collectors)
    await Promise.all(this.#links.map((link) => goneOrGivenUp(link)))
  }

  #open(number: number): ThreadLink {
    const { entry, workerName = 'worker', validate = false, heapLimit, liveBytes = 64 * 2 ** 20 } = this.#options
    const { localDirectory = '', scheduler = '', tls, preload = [] } = this.#options
    const isReplacement = this.#links.length > number
    const setup = { number, workerName, validate, localDirectory, scheduler, tls, preload, isReplacement }
    const live = { maxBytes: liveBytes, maxCount: LIVE_COUNT }
    return new ThreadLink({ setup, entry, heapLimit, live, arena: this.#arena }, this.#linkEvents)
  }

  readonly #linkEvents: LinkEvents = {
    onResult: (link, posted, result) => this.#onResult(link, posted, result),
    onProgress: (link) => {
      this.#report()
      this.#tellClaimed(link)
      this.#turn.ask()
    },
    onLog: ({ number }, { op: _, ...entry }) => this.#events.onLog?.({ ...entry, thread: number }),
    onSeceded: (posted) => this.#events.onSeceded?.(posted.job, now() - posted.link.posted.startOf(posted)),
    onDeath: (link, death) => this.#onDeath(link, death),
  }

  readonly #collectors: Collectors = {
    collectAll: () => this.#collect('all'),
    collectViewers: () => this.#collect('viewers'),
  }

  #collect(only: 'all' | 'viewers'): void {
    for (const link of this.#links) link.collect(only)
    this.#turn.ask()
  }

  /** Jobs leave as soon as those that came with them have been taken: a worker submits what a turn brought in one go. */
  #flushSoon(): void {
    if (this.#flushing || this.#closed) return
    this.#flushing = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    if (this.#closed) return
    for (const job of rebalance(this.#crew, this.#queue.size)) this.#queue.push(job)
    for (let job = this.#queue.peek(); job !== undefined; job = this.#queue.peek()) {
      const link = chooseThread(this.#crew, job)
      if (link === undefined) break
      this.#queue.shift()
      this.#give(link, job)
    }
    for (const link of this.#links) link.flush()
    this.#rounds.begin()
  }

  #goRound(): void {
    for (const link of this.#links) {
      link.drain()
      this.#linkEvents.onProgress(link)
    }
  }

  #give(link: ThreadLink, job: Job): void {
    if (!link.hasCode(codeOf(job.function))) this.#code.giveTo(link, job.function)
    const posted = link.give(job)
    if (job.timeoutMs !== undefined) this.#watch(posted, job.timeoutMs)
  }

  /** The time that it waits in the thread does not count, and only the thread knows when it began. */
  #watch(posted: Posted, ms: number): void {
    const limit = posted.job.timeoutMs as number
    posted.timer = setTimeout(() => {
      const { link } = posted
      link.drain()
      this.#report()
      if (!this.#isUnderWay(posted) || posted.ending !== undefined) return
      const ran = link.posted.isClaimed(posted) ? now() - link.posted.startOf(posted) : 0
      if (ran >= limit) this.#stop(posted, 'timeout', this.#options.graceMs ?? 5000)
      else this.#watch(posted, Math.ceil(limit - ran))
    }, ms)
  }

  /** Ends a task that has begun. */
  #stop(posted: Posted, as: 'aborted' | 'timeout', graceMs: number): void {
    posted.ending ??= as
    const listens = posted.link.askAbort(posted)
    clearTimeout(posted.timer)
    if (listens && graceMs > 0) posted.timer = setTimeout(() => this.#endThreadOf(posted), graceMs)
    else this.#endThreadOf(posted)
  }

  #endThreadOf(posted: Posted): void {
    const { link } = posted
    link.drain()
    if (this.#isUnderWay(posted) && !link.ended) this.#replace(link, [posted], undefined)
    this.#report()
    this.#turn.ask()
  }

  #isUnderWay(posted: Posted): boolean {
    return posted.link.posted.has(posted)
  }

  #onDeath(link: ThreadLink, death: Death): void {
    const blamed = blamedFor(link, death)
    if (blamed.length === 0) {
      const text = `code that belongs to no running task ${reasonOf(death)}; its thread was replaced`
      this.#events.onLog?.({ key: death.key, thread: link.number, level: 'error', text })
    }
    this.#replace(link, blamed, death)
    this.#report()
    this.#turn.ask()
  }

  /** Ends a thread; what it had not begun goes back to the queue, what it had begun ends here. */
  #replace(link: ThreadLink, blamed: readonly Posted[], death: Death | undefined): void {
    if (this.#closed) return
    const back: Job[] = []
    for (const posted of link.posted.all()) {
      if (link.withdraw(posted)) back.push(posted.job)
      else this.#settle(posted.job, outcomeOfEnd({ link, posted, blamed, death, ...this.#named }))
    }
    this.#queue.putBack(back)
    link.end()
    const key = blamed[0]?.job.key
    whenStuck(link, () => this.#events.onLog?.({ key, thread: link.number, level: 'warn', text: STUCK }))
    this.#links[link.number] = this.#open(link.number)
  }

  #onResult({ place }: ThreadLink, { job, ending, told }: Posted, result: Result): void {
    if (!told) this.#events.onClaimed?.([job.id])
    this.#pace.note(result.stop - result.start)
    this.#settle(job, outcomeOfResult(result, job, ending, place))
  }

  #tellClaimed(link: ThreadLink): void {
    const { onClaimed } = this.#events
    const ids = onClaimed === undefined ? [] : link.posted.newlyClaimed()
    if (ids.length > 0) onClaimed?.(ids)
  }

  #settle(job: Job, outcome: Outcome): void {
    this.#held.letGo(job)
    this.#settlements.add(job, outcome)
    this.#turn.ask()
  }

  #report(): void {
    this.#settlements.tell(this.#events)
  }
}
