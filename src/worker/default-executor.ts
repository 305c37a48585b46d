import type { TaskExecutor } from './executor/executor.js'
import { ThreadExecutor } from './executor/thread-executor.js'
import type { WorkerPlan } from './options.js'

/** The file that a thread runs. It stands above the worker, which only names it. */
const ENTRY = new URL('../thread-entry.js', import.meta.url)

/** Threads of this process. */
export function makeExecutor({ validate }: WorkerPlan, workerName: string, nthreads: number): TaskExecutor {
  return new ThreadExecutor({ nthreads, entry: ENTRY, workerName, validate })
}
