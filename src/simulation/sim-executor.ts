import type { ExecuteOutcome, Instruction } from '../worker/core/events.js'
import type { Dice } from './dice.js'
import type { Timeline } from './timeline.js'
import { decodeText, encodeText, type Plan, planOf, resultOf } from './work.js'

type Execute = Extract<Instruction, { do: 'execute' }>

interface Job {
  readonly order: Execute
  readonly plan: Plan
  readonly inputs: readonly string[]
  begun: boolean
  ended: boolean
  /** One of the threads is its. */
  holds: boolean
}

/** What a worker has, as far as its executor must know. */
export interface Bench {
  readonly nthreads: number
  /** The value of a key in the store. */
  read(key: string): string | undefined
  onExecuted(job: Execute, outcome: ExecuteOutcome, value?: string): void
  onWithdrawn(job: Execute, ok: boolean): void
  onSeceded(job: Execute, ms: number): void
  fail(reason: string): void
}

/** Threads that begin what they are given in order, and end it when the dice say so. */
export class SimExecutor {
  readonly #jobs = new Map<string, Job>()
  #threads = 0
  #alive = true

  constructor(
    readonly time: Timeline,
    readonly dice: Dice,
    readonly bench: Bench,
  ) {}

  execute(order: Execute): void {
    if (this.#jobs.has(order.key)) this.bench.fail(`${order.key} is computed twice at once`)
    const plan = planOf(order.args)
    const inputs = plan.deps.map((dep) => this.#input(order, dep))
    this.#jobs.set(order.key, { order, plan, inputs, begun: false, ended: false, holds: false })
    this.#later(() => this.#fill())
  }

  withdraw(key: string, runId: number): void {
    this.#later(() => {
      const job = this.#job(key, runId)
      if (job === undefined) return
      if (!job.begun) this.#jobs.delete(key)
      this.bench.onWithdrawn(job.order, !job.begun)
    })
  }

  abort(key: string, runId: number): void {
    this.#later(() => {
      const job = this.#job(key, runId)
      if (job === undefined) return
      this.#end(job, { status: 'aborted' })
      // The thread's neighbours are run again, without blame.
      for (const other of this.dice.some(this.#jobs.values(), 0.1))
        if (other.begun) this.#end(other, { status: 'displaced' })
    })
  }

  stop(): void {
    this.#alive = false
  }

  get size(): number {
    return this.#jobs.size
  }

  #job(key: string, runId: number): Job | undefined {
    const job = this.#jobs.get(key)
    return job?.order.runId === runId ? job : undefined
  }

  #fill(): void {
    for (const job of this.#jobs.values()) {
      if (this.#threads >= this.bench.nthreads) return
      if (!job.begun) this.#begin(job)
    }
  }

  #begin(job: Job): void {
    job.begun = true
    job.holds = true
    this.#threads++
    const { ms, secedes } = job.plan
    if (secedes) this.#later(() => this.#secede(job), ms / 2)
    this.#later(() => this.#finish(job), ms)
  }

  #secede(job: Job): void {
    if (job.ended) return
    this.#vacate(job)
    this.bench.onSeceded(job.order, job.plan.ms / 2)
    this.#fill()
  }

  #vacate(job: Job): void {
    if (job.holds) this.#threads--
    job.holds = false
  }

  #finish(job: Job): void {
    if (job.ended) return
    const { order, plan } = job
    const timing = { thread: 0, start: this.time.now, stop: this.time.now + plan.ms }
    if (order.attempt <= plan.failures)
      return this.#end(job, { status: 'error', kind: 'raised', error: encodeText(`${order.key} failed`), ...timing })
    if (plan.reschedules && this.dice.oneIn(2)) return this.#end(job, { status: 'reschedule' })
    const value = resultOf(plan, job.inputs)
    const result = { status: 'ok' as const, nbytes: value.length, typename: 'string', ...timing }
    const inline = this.dice.oneIn(2) ? { inline: encodeText(value) } : {}
    this.#end(job, { ...result, ...inline }, value)
  }

  #input(order: Execute, dep: string): string {
    const inline = order.inline?.get(dep)
    const value = inline === undefined ? this.bench.read(dep) : decodeText(inline)
    if (value === undefined) this.bench.fail(`${order.key} began without its input ${dep}`)
    return value ?? ''
  }

  #end(job: Job, outcome: ExecuteOutcome, value?: string): void {
    job.ended = true
    this.#vacate(job)
    this.#jobs.delete(job.order.key)
    this.bench.onExecuted(job.order, outcome, value)
    this.#fill()
  }

  #later(act: () => void, ms = this.dice.next()): void {
    this.time.after(ms, () => {
      if (this.#alive) act()
    })
  }
}
