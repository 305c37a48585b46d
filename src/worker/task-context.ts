/**
 * What a running task may know of itself. User code imports these from 'heddle'; the thread that runs it may have
 * loaded another copy of the package, so they find each other through a global symbol.
 */
import { HeddleError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { TASK_HOST } from '../util/task-host.js'

/** Of the task that is running: `taskContext()`. */
export interface TaskContext {
  readonly key: Key
  /** 1 for the first. */
  readonly attempt: number
  readonly runId: number
  /** The worker's name. */
  readonly worker: string
  /** Number of the executor thread, from 0. */
  readonly thread: number
  /** The worker's scratch directory, which goes when the worker ends. */
  readonly localDirectory: string
  /** Where the files are that the client uploaded (`client.upload`), by name. */
  readonly files: Readonly<Record<string, string>>
  /**
   * Fires when the task is cancelled or has run longer than its `timeout`. Taking it gives the task a grace to end by
   * itself (5 s) before its thread is ended. `signal.aborted` and `signal.throwIfAborted()` are true to the moment even
   * in code that never awaits.
   */
  readonly signal: AbortSignal
}

/** What the entry of an executor thread lends to user code. */
export interface TaskHost {
  current(): TaskContext | undefined
  allocate(nbytes: number): Uint8Array
  /** The task's client: `getClient()`. */
  client?: () => Promise<unknown>
}

type Globals = { [TASK_HOST]?: TaskHost }

/** Called once in a thread that runs tasks; gives the previous host. */
export function setTaskHost(host: TaskHost | undefined): void {
  if (host === undefined) delete (globalThis as Globals)[TASK_HOST]
  else (globalThis as Globals)[TASK_HOST] = host
}

/**
 * The task in which this is called, also after an `await`.
 * @throws HeddleError HEDDLE_NO_TASK outside of a task.
 */
export function taskContext(): TaskContext {
  const context = (globalThis as Globals)[TASK_HOST]?.current()
  if (context !== undefined) return context
  throw new HeddleError('HEDDLE_NO_TASK', 'taskContext() was called outside of a task; only tasks have one')
}

/** The element types that `empty` can make. */
export type SharedArrayType =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Uint8ClampedArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor

/**
 * An array of `length` elements, for a large result: in a task it lies where results are kept, so that returning it
 * copies nothing. Its content is undefined, fill all of it; do not change it after the task has ended. Outside of a task
 * it is ordinary memory.
 */
export function empty<T extends SharedArrayType>(type: T, length: number): InstanceType<T> {
  const nbytes = length * type.BYTES_PER_ELEMENT
  const host = (globalThis as Globals)[TASK_HOST]
  if (host === undefined) return new type(length) as InstanceType<T>
  const memory = host.allocate(nbytes)
  return new type(memory.buffer as ArrayBuffer, memory.byteOffset, length) as InstanceType<T>
}
