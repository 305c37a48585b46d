/**
 * One worker has all the work and another comes late: how long does the work take from then on, against the ideal of
 * two threads that share what is left? With stealing and without, in one run.
 *
 *   npm run build && npx tsx --tsconfig tsconfig.run.json bench/stealing.ts [--rounds 3]
 *
 * The tasks sleep, so that other work on the machine matters little. Each has an input of its own on the first worker,
 * so that it is given to that worker and does not wait in the scheduler's queue, from which the second would be served
 * without any stealing.
 */
import { parseArgs } from 'node:util'
import { Client, Scheduler, Worker, wait } from 'heddle'
import { median } from './measure.js'

interface Load {
  readonly tasks: number
  readonly ms: number
  /** Bytes of the input of each. */
  readonly nbytes: number
}

const LOADS: readonly Load[] = [
  { tasks: 1000, ms: 2, nbytes: 8 },
  { tasks: 200, ms: 20, nbytes: 8 },
  { tasks: 40, ms: 100, nbytes: 8 },
  { tasks: 200, ms: 20, nbytes: 1_000_000 },
]

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })

const pause = (_input: Uint8Array, ms: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Seconds from the second worker's coming to the end, by the ideal. */
async function run({ tasks, ms, nbytes }: Load, stealInterval: number | undefined): Promise<number> {
  const scheduler = await new Scheduler({ port: 0, stealInterval }).start()
  const alice = await new Worker(scheduler.address, { name: 'alice', nthreads: 1 }).start()
  const client = await Client.connect(scheduler.address)
  try {
    const inputs = await client.scatterAll(Array.from({ length: tasks }, () => new Uint8Array(nbytes)))
    // So that it is known how long such a task takes.
    await client.submit(pause, inputs[0]!, ms).result()
    const futures = client.map(pause, inputs, ms)
    await wait(futures.slice(0, 1))
    const bob = await new Worker(scheduler.address, { name: 'bob', nthreads: 1 }).start()
    const begun = performance.now()
    const left = futures.filter((future) => !future.done()).length
    await wait(futures)
    const took = performance.now() - begun
    await bob.close()
    return took / ((left * ms) / 2)
  } finally {
    await client.close()
    await alice.close()
    await scheduler.close()
  }
}

console.log('| tasks | without stealing | with stealing |')
console.log('|---|---|---|')
for (const load of LOADS) {
  const without: number[] = []
  const stealing: number[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    without.push(await run(load, 0))
    stealing.push(await run(load, undefined))
  }
  const { tasks, ms, nbytes } = load
  const times = (ratios: number[]) => `${median(ratios).toFixed(2)}× the ideal`
  console.log(`| ${tasks} of ${ms} ms, inputs of ${nbytes} bytes | ${times(without)} | ${times(stealing)} |`)
}
