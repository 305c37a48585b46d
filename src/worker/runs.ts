/** Tasks in the executor: handed over with their code and inputs, taken back, stopped, and how they ended. */
import { formatBytes } from '../config/bytes.js'
import { LoadError, TaskError } from '../errors.js'
import type { Logger } from '../log/log.js'
import type { FunctionRef, Key } from '../protocol/names.js'
import { Bag, type Placed } from '../util/bag.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import { type CodeCache, codeOf } from './code-cache.js'
import type { ExecuteOutcome, Instruction } from './core/events.js'
import type { Job, Outcome, TaskExecutor } from './executor/executor.js'
import type { Printed } from './printed.js'
import type { Push } from './shell.js'
import type { Loading, SpilledInputs } from './spilled-inputs.js'
import type { ValueMemory } from './store/memory.js'
import type { Store } from './store/store.js'

type Execute = Extract<Instruction, { do: 'execute' }>

/** What a result may weigh to travel with the news of it. */
const INLINE_MAX = 1024
/** For a task that took its abort signal: how long it may take to heed it. */
const ABORT_GRACE_MS = 5000

const NO_INPUTS: ReadonlyMap<Key, Encoded> = new Map()

/** What the core has asked for, as the executor gets it. */
class Run implements Job, Placed {
  readonly key: Key
  readonly runId: number
  readonly attempt: number
  readonly function: FunctionRef
  readonly args: Encoded
  readonly timeoutMs: number | undefined
  readonly effect: boolean | undefined
  readonly mutates: boolean | undefined
  readonly code: string
  inputs = NO_INPUTS
  /** The executor has it; before that its code is being asked for. */
  submitted = false
  /** It holds on to its code. */
  usesCode = false
  /** Its inputs, where some were on disk. */
  loading: Loading | undefined
  place = -1

  constructor(
    readonly id: number,
    task: Execute,
  ) {
    this.key = task.key
    this.runId = task.runId
    this.attempt = task.attempt
    this.function = task.function
    this.args = task.args
    this.timeoutMs = task.timeoutMs
    this.effect = task.effect
    this.mutates = task.mutates
    this.code = codeOf(task.function)
  }
}

/** What runs need of the worker. */
export interface RunsOptions {
  readonly executor: TaskExecutor
  readonly code: CodeCache
  readonly store: Pick<Store, 'get' | 'has' | 'secure' | 'memoryBytes'>
  readonly memory: ValueMemory
  readonly spilled: SpilledInputs
  readonly printed: Pick<Printed, 'tell' | 'untell'>
  /** A larger result is written to disk before anybody is told of it. */
  readonly largeBytes: number
  readonly logger: Logger
  readonly push: Push
  readonly now: () => number
  /** Small results travel with the news of them: a scheduler keeps them, a center does not. */
  readonly isInlineWanted: () => boolean
}

/** The runs that the core has asked for and that have not ended. At most one per key. */
export class Runs {
  readonly #options: RunsOptions
  readonly #all = new Bag<Run>()
  #last = 0

  constructor(options: RunsOptions) {
    this.#options = options
  }

  execute(task: Execute): void {
    const run = new Run(++this.#last, task)
    this.#all.add(run)
    if (task.logs) this.#options.printed.tell(run.key)
    const { code } = this.#options
    if (code.has(run.code)) this.#submit(run, task)
    else this.#submitWithCode(run, task)
  }

  withdraw(key: Key, runId: number): void {
    const run = this.#find(key, runId)
    if (run === undefined) return
    const ok = !run.submitted || this.#options.executor.withdraw(run.id)
    if (ok) this.#end(run)
    this.#options.push({ type: 'withdrawn', key, runId, ok })
  }

  abort(key: Key, runId: number): void {
    const run = this.#find(key, runId)
    if (run === undefined) return
    if (run.submitted) this.#options.executor.abort(run.id, ABORT_GRACE_MS)
    else this.#finish(run, { status: 'aborted' })
  }

  /** To be told by the executor. */
  onOutcome(job: Job, outcome: Outcome): void {
    if (!(job instanceof Run) || !this.#all.has(job)) return
    const run = job
    if (outcome.status !== 'ok') this.#finish(run, outcome)
    else if (outcome.value.size > this.#options.largeBytes) void this.#finishLarge(run, outcome)
    else this.#finish(run, this.#describe(outcome), outcome.value)
  }

  /** To be told by the executor. */
  onSeceded(job: Job, durationMs: number): void {
    if (!(job instanceof Run) || !this.#all.has(job)) return
    this.#options.push({ type: 'seceded', key: job.key, runId: job.runId, durationMs })
  }

  #submitWithCode(run: Run, task: Execute): void {
    this.#options.code.ensure(run.code).then(
      () => {
        if (this.#isUnderWay(run)) this.#submit(run, task)
      },
      (cause: unknown) => {
        if (this.#isUnderWay(run)) this.#fail(run, task, cause)
      },
    )
  }

  #submit(run: Run, task: Execute): void {
    this.#options.code.use(run.code)
    run.usesCode = true
    const { deps } = task
    if (deps.length === 0) return this.#give(run, task.inline ?? NO_INPUTS)
    const inputs = new Map(task.inline)
    let isAllHere = true
    for (const key of deps) {
      const value = this.#options.store.get(key)
      if (value === undefined) isAllHere = false
      else inputs.set(key, value)
    }
    if (isAllHere) this.#give(run, inputs)
    else this.#submitLoaded(run, task)
  }

  /** Some inputs are on disk, or lost: those are said to be, and the core seeks them again. */
  #submitLoaded(run: Run, task: Execute): void {
    const { store, spilled, push } = this.#options
    const lost = task.deps.filter((key) => !store.has(key))
    if (lost.length > 0) {
      push({ type: 'value-lost', keys: lost, reason: 'they were to be used and are not in the store' })
      this.#finish(run, { status: 'displaced' })
      return
    }
    run.loading = spilled.begin(task.deps, (loaded) => {
      if (loaded === undefined) this.#finish(run, { status: 'displaced' })
      else this.#give(run, new Map([...(task.inline ?? NO_INPUTS), ...loaded]))
    })
  }

  #give(run: Run, inputs: ReadonlyMap<Key, Encoded>): void {
    run.submitted = true
    run.inputs = inputs
    this.#options.executor.submit(run)
  }

  #fail(run: Run, task: Execute, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = new LoadError('HEDDLE_LOAD', `the code of ${task.key} could not be had: ${reason}`, { cause })
    const start = this.#options.now()
    this.#finish(run, { status: 'error', kind: 'load', error: encode(error), thread: 0, start, stop: start + 0.001 })
  }

  /** Too large for memory: on disk before it counts as made, or not made at all. */
  async #finishLarge(run: Run, outcome: Extract<Outcome, { status: 'ok' }>): Promise<void> {
    const { store, memory, largeBytes, logger } = this.#options
    const { value, thread, start, stop } = outcome
    const text = `the result of ${run.key} is ${formatBytes(value.size)}, of ${formatBytes(largeBytes)} that results may take in memory here`
    memory.retain(value)
    try {
      await store.secure(value)
      logger.warn(`${text}; it was written to disk and stays available there`, { key: run.key })
      this.#finish(run, this.#describe(outcome), value)
    } catch (cause) {
      const reason = `${text}, and it cannot be written to disk: ${(cause as Error).message}`
      const error = encode(new TaskError('HEDDLE_DISK_FULL', run.key, reason, { cause }))
      this.#finish(run, { status: 'error', kind: 'memory', error, thread, start, stop })
    } finally {
      memory.release(value)
    }
  }

  #finish(run: Run, outcome: ExecuteOutcome, value?: Encoded): void {
    this.#end(run)
    const event = { type: 'executed', key: run.key, runId: run.runId, outcome } as const
    if (value === undefined) this.#options.push(event)
    else this.#options.push(event, [[run.key, value]])
  }

  #end(run: Run): void {
    this.#all.delete(run)
    this.#options.printed.untell(run.key)
    if (run.usesCode) this.#options.code.unuse(run.code)
    if (run.loading !== undefined) this.#options.spilled.end(run.loading)
  }

  #isUnderWay(run: Run): boolean {
    return this.#all.has(run)
  }

  #find(key: Key, runId: number): Run | undefined {
    return this.#all.find((run) => run.runId === runId && run.key === key)
  }

  #describe({ value, typename, thread, start, stop }: Extract<Outcome, { status: 'ok' }>): ExecuteOutcome {
    const { nbytes } = value
    const isSmall = value.size <= INLINE_MAX && this.#options.isInlineWanted()
    if (isSmall) return { status: 'ok', nbytes, typename, thread, start, stop, inline: value }
    return { status: 'ok', nbytes, typename, thread, start, stop }
  }
}
