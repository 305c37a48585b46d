/** Tasks in the executor: handed over with their code and inputs, taken back, stopped, and how they ended. */
import { LoadError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import { type CodeCache, codeOf } from './code-cache.js'
import type { ExecuteOutcome, Instruction } from './core/events.js'
import type { Job, Outcome, TaskExecutor } from './executor/executor.js'
import type { Push } from './shell.js'
import type { ValueStore } from './store/store.js'

type Execute = Extract<Instruction, { do: 'execute' }>

/** What a result may weigh to travel with the news of it. */
const INLINE_MAX = 1024
/** For a task that took its abort signal: how long it may take to heed it. */
const ABORT_GRACE_MS = 5000

const NO_INPUTS: ReadonlyMap<Key, Encoded> = new Map()

interface Run {
  readonly id: number
  readonly key: Key
  readonly runId: number
  readonly code: string
  /** The executor has it; before that its code is being asked for. */
  submitted: boolean
}

/** What runs need of the worker. */
export interface RunsOptions {
  readonly executor: TaskExecutor
  readonly code: CodeCache
  readonly store: ValueStore
  readonly push: Push
  readonly now: () => number
  /** Small results travel with the news of them: a scheduler keeps them, a center does not. */
  readonly isInlineWanted: () => boolean
}

/** The runs that the core has asked for and that have not ended. At most one per key. */
export class Runs {
  readonly #options: RunsOptions
  readonly #byId = new Map<number, Run>()
  readonly #byKey = new Map<Key, Run>()
  #last = 0

  constructor(options: RunsOptions) {
    this.#options = options
  }

  execute(task: Execute): void {
    const run: Run = {
      id: ++this.#last,
      key: task.key,
      runId: task.runId,
      code: codeOf(task.function),
      submitted: false,
    }
    this.#byId.set(run.id, run)
    this.#byKey.set(run.key, run)
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

  /** To be told by the executor. @returns false for a job that is none of these. */
  onOutcome(id: number, outcome: Outcome): boolean {
    const run = this.#byId.get(id)
    if (run === undefined) return false
    if (outcome.status !== 'ok') this.#finish(run, outcome)
    else this.#finish(run, this.#describe(outcome), outcome.value)
    return true
  }

  #submitWithCode(run: Run, task: Execute): void {
    this.#options.code.ensure(run.code).then(
      () => {
        if (this.#byId.has(run.id)) this.#submit(run, task)
      },
      (cause: unknown) => {
        if (this.#byId.has(run.id)) this.#fail(run, task, cause)
      },
    )
  }

  #submit(run: Run, task: Execute): void {
    const inputs = this.#inputsOf(task)
    if (inputs === undefined) {
      this.#finish(run, { status: 'displaced' })
      return
    }
    run.submitted = true
    this.#options.code.use(run.code)
    this.#options.executor.submit(jobOf(run.id, task, inputs))
  }

  /** Undefined when one is not in memory: those are said to be lost, and the core seeks them again. */
  #inputsOf({ deps, inline }: Execute): ReadonlyMap<Key, Encoded> | undefined {
    if (deps.length === 0) return inline ?? NO_INPUTS
    const inputs = new Map(inline)
    const lost: Key[] = []
    for (const key of deps) {
      const value = this.#options.store.get(key)
      if (value === undefined) lost.push(key)
      else inputs.set(key, value)
    }
    if (lost.length === 0) return inputs
    this.#options.push({ type: 'value-lost', keys: lost, reason: 'they were to be used and are not in the store' })
    return undefined
  }

  #fail(run: Run, task: Execute, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const error = new LoadError('HEDDLE_LOAD', `the code of ${task.key} could not be had: ${reason}`, { cause })
    const start = this.#options.now()
    this.#finish(run, { status: 'error', kind: 'load', error: encode(error), thread: 0, start, stop: start + 0.001 })
  }

  #finish(run: Run, outcome: ExecuteOutcome, value?: Encoded): void {
    this.#end(run)
    const event = { type: 'executed', key: run.key, runId: run.runId, outcome } as const
    if (value === undefined) this.#options.push(event)
    else this.#options.push(event, new Map([[run.key, value]]))
  }

  #end(run: Run): void {
    this.#byId.delete(run.id)
    this.#byKey.delete(run.key)
    if (run.submitted) this.#options.code.unuse(run.code)
  }

  #find(key: Key, runId: number): Run | undefined {
    const run = this.#byKey.get(key)
    return run?.runId === runId ? run : undefined
  }

  #describe({ value, typename, thread, start, stop }: Extract<Outcome, { status: 'ok' }>): ExecuteOutcome {
    const { nbytes } = value
    const isSmall = value.size <= INLINE_MAX && this.#options.isInlineWanted()
    if (isSmall) return { status: 'ok', nbytes, typename, thread, start, stop, inline: value }
    return { status: 'ok', nbytes, typename, thread, start, stop }
  }
}

function jobOf(id: number, task: Execute, inputs: ReadonlyMap<Key, Encoded>): Job {
  const { key, runId, attempt, function: ref, args, timeoutMs, effect } = task
  const job = { id, key, runId, attempt, function: ref, args, inputs }
  if (timeoutMs === undefined && effect === undefined) return job
  return { ...job, ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(effect === undefined ? {} : { effect }) }
}
