/** The entry of a worker process under a nanny. */
import { type Charge, serveUnderNanny } from '../nanny/under-nanny.js'
import { compileSooner } from '../util/compile-sooner.js'
import type { WorkerStartOptions } from './start-worker.js'

/** So long a worker looks for the scheduler that its predecessor has lost, milliseconds, unless told otherwise. */
const SUCCESSOR_LOOKS_MS = 300_000

compileSooner()

serveUnderNanny(async (given, isSuccessor): Promise<Charge> => {
  const { startWorker } = await loading
  const options: WorkerStartOptions = { ...(given as unknown as WorkerStartOptions), supervised: true }
  const worker = await startWorker(isSuccessor ? { deathTimeout: SUCCESSOR_LOOKS_MS, ...options } : options)
  const info = { address: worker.address, name: String(worker.name), nthreads: worker.nthreads }
  return {
    info,
    finished: worker.finished.then(() => worker.wantsSuccessor),
    close: (reason) => worker.close(reason),
    reclaimable: () => worker.reclaimableBytes,
  }
})

// Loaded while the nanny still waits for the scheduler's port; after the signals are dealt with.
const loading = import('./start-worker.js')
