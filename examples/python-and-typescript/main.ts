/**
 * TypeScript's half: a Heddle worker joins the cluster and smooths the waves that Python made; Python's numpy sums them.
 * The samples move from worker to worker, never through a client.
 *
 *   npm run dask-env                                                     once
 *   .venv-dask/bin/python examples/python-and-typescript/waves.py        in one terminal
 *   npx tsx --tsconfig tsconfig.run.json examples/python-and-typescript/main.ts     in another
 */
import { Client, type NDArray, py, Worker } from 'heddle'

const SCHEDULER = process.argv[2] ?? 'tcp://127.0.0.1:8786'

/** Each sample becomes the mean of those around it. */
function smoothed(waves: NDArray<'float64'>, reach: number): Float64Array {
  const samples = waves.toTypedArray() as Float64Array
  return samples.map((_, i) => {
    const around = samples.subarray(Math.max(0, i - reach), i + reach + 1)
    return around.reduce((sum, sample) => sum + sample, 0) / around.length
  })
}

const worker = await Worker.start(SCHEDULER, { name: 'smoother', nthreads: 1 })
const client = await Client.connect(SCHEDULER)
const waves = client.future<NDArray<'float64'>>('waves')
const smooth = client.submit(smoothed, waves, 2)
const energy = client.submit(py<(a: unknown, b: unknown) => number>('numpy.dot'), smooth, smooth)
console.log(`energy of the smoothed waves, summed by numpy: ${(await energy.result()).toFixed(1)}`)
console.log(`they were smoothed in TypeScript, by the worker at ${worker.address}`)
await client.close()
await worker.close()
