/** The entry of a worker process under a nanny. */
import { type Charge, serveUnderNanny } from '../nanny/under-nanny.js'
import type { WorkerStartOptions } from './start-worker.js'

serveUnderNanny(async (options): Promise<Charge> => {
  const { startWorker } = await loading
  const worker = await startWorker(options as unknown as WorkerStartOptions)
  const info = { address: worker.address, name: String(worker.name), nthreads: worker.nthreads }
  return {
    info,
    finished: worker.finished,
    close: (reason) => worker.close(reason),
    reclaimable: () => worker.reclaimableBytes,
  }
})

// Loaded while the nanny still waits for the scheduler's port; after the signals are dealt with.
const loading = import('./start-worker.js')
