import { isNativeFunction, type Native, type NativeTask } from '../../../code/native.js'
import type { TaskClients } from '../../../code/task-clients.js'
import { HeddleError } from '../../../errors.js'
import type { FailureKind } from '../../../protocol/messages.js'
import type { FunctionRef, Key } from '../../../protocol/names.js'
import { decode } from '../../../values/decode.js'
import { type EncodeOptions, encode } from '../../../values/encode.js'
import type { Encoded } from '../../../values/encoded.js'
import { now, stopAfter } from '../clock.js'
import { type CodeCache, nameOf } from './code-cache.js'
import type { Printing } from './console.js'
import { encodeError } from './encode-error.js'
import { type ReadyEnvironment, within } from './environments.js'
import { InputGuard } from './input-guard.js'
import { type AbortLine, inContext, RunningTask } from './running-task.js'
import { typeNameOf } from './type-name.js'

type RawInput = ReturnType<NativeTask['input']>

/** What is needed to run one job. */
export interface Run {
  readonly id: number
  readonly key: Key
  readonly runId: number
  readonly attempt: number
  readonly function: FunctionRef
  readonly args: Encoded
  /** It changes its inputs, which therefore are its own. */
  readonly mutates?: boolean | undefined
  readonly inputs: readonly Key[]
  /** The value of an input, decoded. */
  input(key: Key): unknown
  /** The same as it came, if nobody has decoded it and thrown that away. */
  rawInput(key: Key): RawInput
  readonly line: AbortLine
}

/** Of inputs that nobody else may see. */
export const OWN_BUFFERS = { buffers: 'copy' } as const

/** How it ended. */
export interface RunEnd {
  readonly status: 'ok' | FailureKind | 'reschedule'
  /** The result, or the error. */
  readonly value: Encoded | undefined
  readonly typename: string
  readonly start: number
  readonly stop: number
  /** It has printed something, which this must not overtake. */
  readonly printed: boolean
}

export interface RunnerOptions {
  readonly workerName: string
  readonly thread: number
  /** Inputs that a task has changed make it fail. */
  readonly validate: boolean
  readonly code: CodeCache
  /** Memory for the large buffers of results. */
  readonly memory?: (nbytes: number, source: Uint8Array) => Uint8Array
  /** Told what was printed and not said. */
  readonly printing?: Pick<Printing, 'finish'>
  /** For tasks that submit tasks. */
  readonly clients?: Pick<TaskClients, 'resolve' | 'letGo'>
}

export { currentJob, currentTask } from './running-task.js'

/** A run from its begin to its end. */
interface Doing<R extends Run> {
  readonly run: R
  readonly task: RunningTask
  readonly done: (run: R, end: RunEnd) => void
  guard: InputGuard | undefined
}

/** Runs tasks in this thread: finds the function, decodes, calls, awaits, encodes. */
export class TaskRunner {
  readonly #options: RunnerOptions
  readonly #running = new Map<number, RunningTask>()
  readonly #naming: ResultNaming

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#naming = new ResultNaming(options.memory)
  }

  /** Tasks that have begun and not ended. */
  get running(): number {
    return this.#running.size
  }

  /** Fires the task's signal, if it took that. */
  abort(id: number): void {
    this.#running.get(id)?.abort()
  }

  /** `done` is called once: before this returns, unless the task has to be awaited. Its code has been prepared. */
  run<R extends Run>(run: R, done: (run: R, end: RunEnd) => void): void {
    const { workerName, thread, code } = this.#options
    const environment = code.environmentOf(run.function)
    const place = this.#placeIn(environment)
    const task = new RunningTask(run.id, run.key, run.attempt, run.runId, workerName, thread, run.line, place)
    task.start = now()
    this.#running.set(run.id, task)
    this.#call({ run, task, done, guard: undefined }, environment)
  }

  #placeIn(environment: ReadyEnvironment | undefined): RunningTask['place'] {
    const { place } = this.#options.code
    return environment === undefined ? place : { localDirectory: place.localDirectory, files: environment.files }
  }

  #call<R extends Run>(doing: Doing<R>, environment: ReadyEnvironment | undefined): void {
    const { run, task } = doing
    let fn: (...args: unknown[]) => unknown
    let args: unknown[]
    try {
      fn = this.#options.code.find(run.function)
      if (isNativeFunction(fn)) return this.#callNative(fn, doing)
      const resolve = (key: Key) => run.input(key)
      args = decode(run.args, run.mutates ? { resolve, ...OWN_BUFFERS } : { resolve }) as unknown[]
      if (this.#options.validate && !run.mutates) doing.guard = new InputGuard(run)
    } catch (error) {
      this.#end(doing, 'load', encodeError(error))
      return
    }
    let value: unknown
    try {
      value = environment ? within(environment.values, () => inContext(task, fn, args)) : inContext(task, fn, args)
      if (isThenable(value)) {
        value.then(
          (result) => this.#give(doing, result),
          (error: unknown) => this.#fail(doing, error),
        )
        return
      }
    } catch (error) {
      this.#fail(doing, error)
      return
    }
    this.#give(doing, value)
  }

  #callNative<R extends Run>(native: Native, doing: Doing<R>): void {
    const { run } = doing
    try {
      const input = (key: Key) => run.rawInput(key)
      const { value, typename } = native({ key: run.key, args: run.args, input, memory: this.#options.memory })
      this.#end(doing, 'ok', value, typename)
    } catch (error) {
      this.#fail(doing, error)
    }
  }

  /** Futures that a task gives stand for their values. */
  #give<R extends Run>(doing: Doing<R>, given: unknown): void {
    const { clients } = this.#options
    const coming =
      clients === undefined || typeof given !== 'object'
        ? undefined
        : clients.resolve(given, (run) => inContext(doing.task, run, []) as ReturnType<typeof run>)
    if (coming === undefined) return this.#succeed(doing, given)
    coming.then(
      (value) => this.#succeed(doing, value),
      (error: unknown) => this.#fail(doing, error),
    )
  }

  #succeed<R extends Run>(doing: Doing<R>, value: unknown): void {
    const { run, guard } = doing
    let encoded: Encoded
    try {
      guard?.check()
      this.#naming.run = run
      encoded = encode(value, this.#naming)
    } catch (error) {
      this.#end(doing, guard?.violated === true ? 'raised' : 'result', encodeError(error))
      return
    } finally {
      this.#naming.run = undefined
    }
    this.#end(doing, 'ok', encoded, typeNameOf(value))
  }

  #fail<R extends Run>(doing: Doing<R>, error: unknown): void {
    if (error instanceof HeddleError && error.code === 'HEDDLE_RESCHEDULE') this.#end(doing, 'reschedule')
    else this.#end(doing, 'raised', encodeError(error, doing.task))
  }

  #end<R extends Run>({ run, task, done }: Doing<R>, status: RunEnd['status'], value?: Encoded, typename = ''): void {
    this.#running.delete(run.id)
    task.isOver = true
    this.#options.clients?.letGo(task)
    this.#options.printing?.finish(task)
    const { start } = task
    done(run, { status, value, typename, start, stop: stopAfter(start), printed: task.printed > 0 })
  }
}

/** How errors call a result, which is put into words only when there is one. */
class ResultNaming implements EncodeOptions {
  run: Run | undefined

  constructor(readonly memory: EncodeOptions['memory']) {}

  get root(): string {
    return this.run === undefined ? 'the result' : `the result of '${nameOf(this.run.function)}' (${this.run.key})`
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}
