import { provideNative } from '../code/native.js'
import { speakDask } from '../rpc/foreign.js'
import { provideFamilies } from '../values/families.js'
import { PYTHON } from './worker/python-code.js'

/** What a thread or process that runs tasks may need of Dask's; it is loaded when it does. */
export function provideDaskToTasks(): void {
  provideFamilies(async () => (await import('./wire/serialized.js')).learnFamily())
  provideNative(PYTHON, async () => (await import('./worker/native.js')).runPython)
}

/** The same for a worker, which also talks with Dask's nodes. */
export function provideDaskToWorker(): void {
  provideDaskToTasks()
  speakDask(async () => (await import('./dialect.js')).dask)
}
