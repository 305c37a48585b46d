import type { TlsOptions } from '../../comm/tls-credentials.js'
import type { Arena } from '../memory/arena.js'

/** How a `ThreadExecutor` is set up. */
export interface ThreadExecutorOptions {
  /** Threads, each of which runs one task at a time, but for tasks that wait. */
  nthreads: number
  /** The file that a thread runs: `thread-entry.js`. */
  entry: URL
  /** Shown in errors and to tasks. Default `worker`. */
  workerName?: string
  /** Limit of each thread's JavaScript heap, bytes. Buffers do not count. Default: the process's. */
  heapLimit?: number
  /** Where large values lie. The executor sees to it that its threads let go of what they saw. Default: one of its own. */
  memory?: Arena
  /** Bytes of inputs that a thread keeps decoded for later tasks. Default 64 MiB. */
  liveBytes?: number
  /** The worker's scratch directory, for tasks. Default none. */
  localDirectory?: string
  /** Address of the scheduler, for tasks that submit tasks, and certificates for it. Default: none, they cannot. */
  scheduler?: string
  tls?: TlsOptions | undefined
  /** URLs of modules that each thread runs first. Default none. */
  preload?: readonly string[]
  /** Tasks of one thread that may wait (for I/O, timers) at the same time. Default 16. */
  waitingPerThread?: number
  /** Grace of a task that took its AbortSignal and runs longer than its timeout, milliseconds. Default 5000. */
  graceMs?: number
  /** Tasks that change their inputs fail. Default false. */
  validate?: boolean
}
