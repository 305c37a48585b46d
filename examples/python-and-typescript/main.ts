/**
 * TypeScript's half: it takes the waves that Python made, smooths them here, puts the result on the cluster's workers,
 * and has Python's numpy sum it there.
 *
 *   npm run dask-env                                                     once
 *   .venv-dask/bin/python examples/python-and-typescript/waves.py        in one terminal
 *   npx tsx --tsconfig tsconfig.run.json examples/python-and-typescript/main.ts     in another
 */
import { Client, type NDArray, py } from 'heddle'

const SCHEDULER = process.argv[2] ?? 'tcp://127.0.0.1:8786'
const REACH = 2

/** Each sample becomes the mean of those around it. */
function smoothed(waves: NDArray<'float64'>): Float64Array {
  const samples = waves.toTypedArray() as Float64Array
  return samples.map((_, i) => {
    const around = samples.subarray(Math.max(0, i - REACH), i + REACH + 1)
    return around.reduce((sum, sample) => sum + sample, 0) / around.length
  })
}

const client = await Client.connect(SCHEDULER)
const waves = await client.future<NDArray<'float64'>>('waves').result()
console.log(`${waves.size} samples of ${waves.dtype} from Python`)

const { 'smooth-waves': smooth } = await client.scatterAll({ 'smooth-waves': smoothed(waves) })
const energy = client.submit(py<(a: unknown, b: unknown) => number>('numpy.dot'), smooth, smooth)
console.log(`energy of the smoothed waves, summed by numpy: ${(await energy.result()).toFixed(1)}`)
await client.close()
