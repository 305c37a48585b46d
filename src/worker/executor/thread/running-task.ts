import { AsyncLocalStorage } from 'node:async_hooks'
import type { ClientTask } from '../../../code/task-clients.js'
import type { Key } from '../../../protocol/names.js'
import type { TaskContext } from '../../task-context.js'
import type { Printer } from './console.js'

/** What main and the task share while it runs, until it steps aside. */
export interface AbortLine {
  /** Main has asked for the end of the task. True to the moment, also for code that never awaits. */
  isAsked(): boolean
  /** The task has taken its signal: it may end by itself. */
  noteTaken(): void
}

/** Of what cannot be aborted. */
export const NO_LINE: AbortLine = { isAsked: () => false, noteTaken: () => {} }

/** One for all runners of a thread, so that `taskContext()` need not know which of them it is in. */
const context = new AsyncLocalStorage<RunningTask>()

/** The task in whose code this is called. */
export function currentTask(): RunningTask | undefined {
  return context.getStore()
}

/** The same, but for setups: what these wait for holds up their whole thread. */
export function currentJob(): RunningTask | undefined {
  const task = context.getStore()
  return task?.id === 0 ? undefined : task
}

/** Calls a function as part of the task. */
export function inContext(task: RunningTask, fn: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
  return context.run(task, fn, ...args)
}

/** A task from its claim to its end, and what `taskContext()` gives. */
export class RunningTask implements TaskContext, Printer, ClientTask {
  /** When user code began. */
  start = 0
  printed = 0
  leftOut = 0
  isOver = false
  #controller: AbortController | undefined
  /** It does not share anything with main any more. */
  #isAside = false
  #isAsked = false

  constructor(
    readonly id: number,
    readonly key: Key,
    readonly attempt: number,
    readonly runId: number,
    readonly worker: string,
    readonly thread: number,
    readonly line: AbortLine,
    readonly place: Pick<TaskContext, 'localDirectory' | 'files'>,
  ) {}

  get localDirectory(): string {
    return this.place.localDirectory
  }

  get files(): Readonly<Record<string, string>> {
    return this.place.files
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.line.noteTaken()
      watch(this.#controller, this)
      if (this.isAsked) this.abort()
    }
    return this.#controller.signal
  }

  /** Main has asked for its end. */
  get isAsked(): boolean {
    return this.#isAside ? this.#isAsked : this.line.isAsked()
  }

  /**
   * Its place goes to others while it waits for them: from now on it hears of its end by message alone, and heeds it.
   * False: that has been so.
   */
  stepAside(): boolean {
    if (this.#isAside) return false
    void this.signal
    this.#isAsked = this.line.isAsked()
    this.#isAside = true
    return true
  }

  abort(): void {
    this.#isAsked = true
    this.#controller?.abort(new DOMException(`task ${this.key} was asked to end`, 'AbortError'))
  }
}

/** A loop that never awaits gets no event; its signal looks at the shared cell whenever it is asked. */
function watch({ signal }: AbortController, task: RunningTask): void {
  const prototype = AbortSignal.prototype
  const aborted = Object.getOwnPropertyDescriptor(prototype, 'aborted')!.get!
  const look = (): boolean => {
    if (!aborted.call(signal) && task.isAsked) task.abort()
    return aborted.call(signal) as boolean
  }
  Object.defineProperty(signal, 'aborted', { get: look })
  Object.defineProperty(signal, 'throwIfAborted', {
    value: () => {
      look()
      prototype.throwIfAborted.call(signal)
    },
  })
}
