/**
 * What runs tasks for a worker: threads, a process, or (in tests) this very thread. One contract for all, see
 * test/unit/worker/executor-contract.ts.
 */
import type { Artefact } from '../../code/artefact.js'
import type { FailureKind, TaskLogLevel } from '../../protocol/messages.js'
import type { FunctionRef, Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'

export interface Job {
  /** Chosen by the caller, unique for the life of the executor. */
  readonly id: number
  readonly key: Key
  readonly runId: number
  readonly attempt: number
  readonly function: FunctionRef
  readonly args: Encoded
  /** The values that `args` refers to. */
  readonly inputs: ReadonlyMap<Key, Encoded>
  /** Limit on the running time, milliseconds. */
  readonly timeoutMs?: number | undefined
  /** Never put behind another task in one batch. */
  readonly effect?: boolean | undefined
  /** It gets copies of its inputs that nobody shares. */
  readonly mutates?: boolean | undefined
}

interface Timing {
  /** Number of the thread, from 0. */
  readonly thread: number
  /** Wall-clock milliseconds with fraction; stop > start. */
  readonly start: number
  readonly stop: number
}

export type Outcome =
  | ({ readonly status: 'ok'; readonly value: Encoded; readonly typename: string } & Timing)
  /** `error` is an encoded Error, its stack already in the user's lines. */
  | ({ readonly status: 'error'; readonly kind: FailureKind; readonly error: Encoded } & Timing)
  /** Ended because of `abort`, whatever it would have given. */
  | ({ readonly status: 'aborted' } & Timing)
  /** Its thread was ended for a neighbour's sake: run it again, without blame. */
  | ({ readonly status: 'displaced' } & Timing)
  /** The task threw `Reschedule`. */
  | ({ readonly status: 'reschedule' } & Timing)

export interface ExecutorEvents {
  /** Every submitted job that was not withdrawn ends in exactly one of these; `job` is the very object. */
  onOutcome(job: Job, outcome: Outcome): void
  /** The job began to run; until then it could be withdrawn. May be reported late, together with the outcome. */
  onClaimed?(ids: readonly number[]): void
  /** The job waits for other tasks: it goes on, and others can run in its place. `ms`: how long it has run. */
  onSeceded?(job: Job, ms: number): void
  onLog?(entry: {
    key: Key | undefined
    thread: number
    level: TaskLogLevel
    text: string
    relayed?: true | undefined
  }): void
}

export interface ExecutorStats {
  readonly threads: number
  readonly executing: number
  readonly offered: number
  readonly done: number
  /** Mean of recent running times, milliseconds; 0 before the first. */
  readonly meanMs: number
  /** How many jobs it would like to hold at once: nthreads for long tasks, more for short ones. */
  readonly appetite: number
}

export interface TaskExecutor {
  readonly nthreads: number
  start(events: ExecutorEvents): Promise<void>
  /** Code must be there before the first job that names it. */
  addCode(artefact: Artefact): void
  removeCode(hash: string): void
  submit(job: Job): void
  /** True: the job had not begun and never will. False: it runs, or is over. */
  withdraw(id: number): boolean
  /** Signals the task's AbortSignal (the grace applies only to a task that took it), then ends its thread. */
  abort(id: number, graceMs: number): void
  /** These keys were freed or overwritten: decoded copies of them are void. */
  forget(keys: readonly Key[]): void
  readonly stats: ExecutorStats
  close(): Promise<void>
}
