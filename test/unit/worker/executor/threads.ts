import { ThreadExecutor } from '../../../../src/worker/executor/thread-executor.js'
import type { ThreadExecutorOptions } from '../../../../src/worker/executor/thread-executor-options.js'

/** Node 20 cannot load TypeScript in a thread. */
export const ENTRY = new URL('../../../../dist/thread-entry.js', import.meta.url)

export function threads(options: Partial<ThreadExecutorOptions> = {}): ThreadExecutor {
  return new ThreadExecutor({ nthreads: 2, workerName: 'alice', entry: ENTRY, ...options })
}
