import { isNativeFunction, type Native, type NativeTask } from '../../../code/native.js'
import { HeddleError } from '../../../errors.js'
import type { FailureKind } from '../../../protocol/messages.js'
import type { FunctionRef, Key } from '../../../protocol/names.js'
import { decode } from '../../../values/decode.js'
import { encode } from '../../../values/encode.js'
import type { Encoded } from '../../../values/encoded.js'
import { now, stopAfter } from '../clock.js'
import { type CodeCache, nameOf } from './code-cache.js'
import type { Printing } from './console.js'
import { encodeError } from './encode-error.js'
import { within } from './environments.js'
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
  readonly inputs: readonly Key[]
  /** The value of an input, decoded. */
  input(key: Key): unknown
  /** The same as it came, if nobody has decoded it and thrown that away. */
  rawInput(key: Key): RawInput
  readonly line: AbortLine
}

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
}

export { currentTask } from './running-task.js'

/** Runs tasks in this thread: finds the function, decodes, calls, awaits, encodes. */
export class TaskRunner {
  readonly #options: RunnerOptions
  readonly #running = new Map<number, RunningTask>()

  constructor(options: RunnerOptions) {
    this.#options = options
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
  run(run: Run, done: (end: RunEnd) => void): void {
    const { workerName, thread, printing } = this.#options
    const place = this.#placeOf(run)
    const task = new RunningTask(run.id, run.key, run.attempt, run.runId, workerName, thread, run.line, place)
    task.start = now()
    this.#running.set(run.id, task)
    const end = (status: RunEnd['status'], value?: Encoded, typename = '') => {
      this.#running.delete(run.id)
      printing?.finish(task)
      const { start } = task
      done({ status, value, typename, start, stop: stopAfter(start), printed: task.printed > 0 })
    }
    this.#call(task, run, end)
  }

  #placeOf(run: Run): RunningTask['place'] {
    const { code } = this.#options
    const files = code.environmentOf(run.function)?.files
    return files === undefined ? code.place : { localDirectory: code.place.localDirectory, files }
  }

  #call(task: RunningTask, run: Run, end: End): void {
    let fn: (...args: unknown[]) => unknown
    let args: unknown[]
    let guard: InputGuard | undefined
    try {
      fn = this.#options.code.find(run.function)
      if (isNativeFunction(fn)) return this.#callNative(fn, task, run, end)
      args = decode(run.args, { resolve: run.input }) as unknown[]
      if (this.#options.validate) guard = new InputGuard(run)
    } catch (error) {
      end('load', encodeError(error))
      return
    }
    const succeed = (value: unknown) => this.#succeed(value, run, guard, end)
    const fail = (error: unknown) => failed(error, task, end)
    let value: unknown
    try {
      value = within(this.#options.code.environmentOf(run.function)?.values, () => inContext(task, fn, args))
      if (isThenable(value)) {
        value.then(succeed, fail)
        return
      }
    } catch (error) {
      fail(error)
      return
    }
    succeed(value)
  }

  #callNative(native: Native, task: RunningTask, { key, args, rawInput }: Run, end: End): void {
    try {
      const { value, typename } = native({ key, args, input: rawInput, memory: this.#options.memory })
      end('ok', value, typename)
    } catch (error) {
      failed(error, task, end)
    }
  }

  #succeed(value: unknown, run: Run, guard: InputGuard | undefined, end: End): void {
    let encoded: Encoded
    try {
      guard?.check()
      const root = `the result of '${nameOf(run.function)}' (${run.key})`
      const { memory } = this.#options
      encoded = encode(value, memory === undefined ? { root } : { root, memory })
    } catch (error) {
      end(guard?.violated === true ? 'raised' : 'result', encodeError(error))
      return
    }
    end('ok', encoded, typeNameOf(value))
  }
}

type End = (status: RunEnd['status'], value?: Encoded, typename?: string) => void

function failed(error: unknown, task: RunningTask, end: End): void {
  if (error instanceof HeddleError && error.code === 'HEDDLE_RESCHEDULE') {
    end('reschedule')
    return
  }
  end('raised', encodeError(error, task))
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}
