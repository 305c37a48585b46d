import { getHeapStatistics } from 'node:v8'
import type { TaskExecutor } from './executor/executor.js'
import { ThreadExecutor } from './executor/thread-executor.js'
import type { Arena } from './memory/arena.js'
import type { WorkerPlan } from './options.js'

/** The file that a thread runs. It stands above the worker, which only names it. */
const ENTRY = new URL('../thread-entry.js', import.meta.url)

/** Of the memory limit: one thread's heap may take so much before its task fails, and not the worker. */
const HEAP_SHARE = 0.8

export interface ExecutorParts {
  readonly workerName: string
  readonly nthreads: number
  readonly memory: Arena
}

/** Threads of this process. */
export function makeExecutor({ validate, memoryLimit }: WorkerPlan, parts: ExecutorParts): TaskExecutor {
  const heapLimit = heapLimitFor(memoryLimit)
  return new ThreadExecutor({ ...parts, entry: ENTRY, validate, ...(heapLimit === undefined ? {} : { heapLimit }) })
}

/** Undefined: what Node gives a thread anyway is less. */
function heapLimitFor(memoryLimit = Number.POSITIVE_INFINITY): number | undefined {
  const limit = Math.floor(memoryLimit * HEAP_SHARE)
  return limit < getHeapStatistics().heap_size_limit ? limit : undefined
}
