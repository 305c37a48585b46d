import { Worker } from 'node:worker_threads'
import type { ThreadData } from './thread-messages.js'

export interface SpawnOptions {
  readonly entry: URL
  /** Of the thread's JavaScript heap, bytes. Default: the process's. */
  readonly heapLimit: number | undefined
}

/** Starts an executor thread. */
export function spawnThread({ entry, heapLimit }: SpawnOptions, workerData: ThreadData): Worker {
  const limits =
    heapLimit === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapLimit / 2 ** 20) } }
  // A TypeScript entry runs only where this process's own loader comes along.
  const execArgv = entry.pathname.endsWith('.ts') ? process.execArgv : []
  return new Worker(entry, { workerData, execArgv, name: `${workerData.workerName}-${workerData.number}`, ...limits })
}
