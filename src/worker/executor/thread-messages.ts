/** What main and an executor thread say to each other. Both are Heddle of one version, so nothing is checked. */
import type { Artefact } from '../../code/artefact.js'
import type { TlsOptions } from '../../comm/tls-credentials.js'
import type { FailureKind, TaskLogLevel } from '../../protocol/messages.js'
import type { FunctionRef, Key } from '../../protocol/names.js'

/** `Encoded` as it is cloned. Buffers that are not shared memory are copied by that. */
export interface PostedValue {
  readonly head: Uint8Array
  readonly buffers: readonly Uint8Array[]
  readonly nbytes: number
}

/** A large buffer of a result. */
export interface PostedBuffer {
  /** The number of the block, if both sides know it: positive from main, negative from the thread; else 0. */
  readonly id: number
  /** Absent if main has given it. */
  readonly memory?: SharedArrayBuffer
  readonly from: number
  readonly length: number
  /** User code of the thread may have views of it. */
  readonly shown: boolean
}

/** A result or an error. */
export interface PostedResult {
  readonly head: Uint8Array
  readonly buffers: readonly PostedBuffer[]
  readonly nbytes: number
}

/** A block of shared memory with the number by which main speaks of it. */
export type NumberedMemory = readonly [number, SharedArrayBuffer]

/** A job but for what stands in the inbox, where its arguments and inputs are too large for that. */
export interface PostedRest {
  readonly key: Key
  readonly function: FunctionRef
  readonly args: PostedValue
  /** Key and number of each input among the thread's values; flat. */
  readonly inputs: readonly (Key | number)[]
}

/** The parts are taken in this order, then what the inbox holds. A message without any only wakes the thread. */
export interface ToThread {
  readonly code?: readonly Artefact[]
  /** Hashes. */
  readonly uncode?: readonly string[]
  /** Numbers of values that no posted job needs. */
  readonly drop?: readonly number[]
  /** What the values and arguments of this message lie in. The thread says when it has no view of it any more. */
  readonly watch?: readonly NumberedMemory[]
  /** For results of the thread. */
  readonly lend?: readonly NumberedMemory[]
  readonly values?: readonly (readonly [number, PostedValue])[]
  /** By their ids. */
  readonly jobs?: readonly (readonly [number, PostedRest])[]
  /** Ids of jobs whose signal is to fire. */
  readonly abort?: readonly number[]
  /** Collect garbage, now. */
  readonly collect?: true
  /** Take nothing more; end when what runs has ended. */
  readonly retire?: true
}

export type FromThread =
  | { op: 'ready' }
  /** There is something in the outbox. */
  | { op: 'bell' }
  | ({ op: 'result'; cell: number } & ThreadResult)
  /** That many of its tasks wait for something outside, and nothing else is left to do. */
  | { op: 'waiting'; tasks: number }
  /** No view is left of these blocks. */
  | { op: 'gone'; ids: number[] }
  | { op: 'collected' }
  | { op: 'log'; key: Key | undefined; level: TaskLogLevel; text: string; relayed?: true | undefined }
  /** An error that no task has caught. `id`: of the task it belongs to, if that is known; it may be over. */
  | { op: 'crashed'; id: number | undefined; key: Key | undefined; error: PostedResult }
  /** That task waits for other tasks: its cell is free, and it listens to its signal. */
  | { op: 'seceded'; id: number; cell: number }
  /** The task called process.exit. */
  | { op: 'exiting'; id: number | undefined; key: Key | undefined; code: number }

export interface ThreadResult {
  readonly id: number
  readonly status: 'ok' | FailureKind | 'reschedule'
  readonly value: PostedResult | undefined
  readonly typename: string
  readonly start: number
  readonly stop: number
}

/** Who a thread is, and what it does first. */
export interface ThreadSetup {
  readonly number: number
  readonly workerName: string
  readonly validate: boolean
  /** The worker's. */
  readonly localDirectory: string
  /** Address; empty: there is none. */
  readonly scheduler: string
  readonly tls: TlsOptions | undefined
  /** URLs of modules that run first. */
  readonly preload: readonly string[]
  /** Another one ended in its place. */
  readonly isReplacement: boolean
}

/** How a thread is set up. */
export interface ThreadData extends ThreadSetup {
  readonly cells: SharedArrayBuffer
  readonly inbox: SharedArrayBuffer
  readonly outbox: SharedArrayBuffer
  /** Int32: see `flags.ts`. */
  readonly flags: SharedArrayBuffer
}
