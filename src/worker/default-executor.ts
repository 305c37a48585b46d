import { getHeapStatistics } from 'node:v8'
import { entryFile } from '../util/entry-file.js'
import type { TaskExecutor } from './executor/executor.js'
import { IsolatingExecutor } from './executor/isolating-executor.js'
import { ProcessExecutor } from './executor/process-executor.js'
import { ThreadExecutor } from './executor/thread-executor.js'
import type { Arena } from './memory/arena.js'
import type { WorkerPlan } from './options.js'

/** The file that a thread runs. It stands above the worker, which only names it. */
const ENTRY = new URL('../thread-entry.js', import.meta.url)

const PROCESS_ENTRY = new URL('../process-entry.js', import.meta.url)

/** Of the memory limit: one thread's heap may take so much before its task fails, and not the worker. */
const HEAP_SHARE = 0.8

/** Of the memory limit, for all threads; and what is enough for one. */
const LIVE_SHARE = 0.05
const LIVE_BYTES = 64 * 2 ** 20

export interface ExecutorParts {
  readonly workerName: string
  readonly nthreads: number
  readonly memory: Arena
  readonly localDirectory: string
  /** Address. */
  readonly scheduler: string
}

/** Threads of this process, and processes for tasks that want to be apart; or processes alone. */
export function makeExecutor(
  { validate, memoryLimit, isolation, preload, tls }: WorkerPlan,
  parts: ExecutorParts,
): TaskExecutor {
  const heapLimit = heapLimitFor(memoryLimit)
  const liveBytes = liveBytesFor(memoryLimit, parts.nthreads)
  const shared = { ...parts, validate, preload, tls: tls?.options, ...(heapLimit === undefined ? {} : { heapLimit }) }
  const processes = new ProcessExecutor({ ...shared, entry: entryFile(PROCESS_ENTRY) })
  if (isolation === 'process') return processes
  const threads = new ThreadExecutor({ ...shared, entry: entryFile(ENTRY), liveBytes })
  return new IsolatingExecutor(threads, processes)
}

/** What a thread keeps decoded for later tasks cannot go to disk. */
function liveBytesFor(memoryLimit = Number.POSITIVE_INFINITY, nthreads: number): number {
  return Math.min(LIVE_BYTES, (memoryLimit * LIVE_SHARE) / nthreads)
}

/** Undefined: what Node gives a thread anyway is less. */
function heapLimitFor(memoryLimit = Number.POSITIVE_INFINITY): number | undefined {
  const limit = Math.floor(memoryLimit * HEAP_SHARE)
  return limit < getHeapStatistics().heap_size_limit ? limit : undefined
}
