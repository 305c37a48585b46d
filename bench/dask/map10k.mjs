/** Seconds of map and wait on a Dask scheduler by Heddle's client. Run by mixed.py. */
import { Client, py, wait } from 'heddle'

const [, , address, count] = process.argv
const client = await Client.connect(address)
const negative = py('operator.neg')
const numbers = Array.from({ length: Number(count) }, (_, i) => i)
const chosen = client.with({ workers: ['python-0', 'python-1'] })
const begun = performance.now()
await wait(chosen.map(negative, numbers))
console.log((performance.now() - begun) / 1000)
await client.close()
