import { Client, LocalCluster } from 'heddle'
import { expect, test } from 'vitest'

const MIB = 2 ** 20

/** Bytes in the heap of the thread, after a collection. */
const heap = async () => {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

test('a thousand different functions leave nothing behind in a thread when they are released', async () => {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
  const client = await Client.connect(cluster)
  // Each is 20 kB of text; 200 of them may stay for later.
  const make = (i: number) => new Function('x', `return x + ${i} /* ${'-'.repeat(20_000)} */`) as (x: number) => number
  const use = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const future = client.submit(make(i), 1)
      expect(await future.result()).toBe(1 + i)
      future.release()
    }
  }
  await use(0, 250)
  const before = await client.submit(heap).result()
  await use(250, 1250)
  const after = await client.submit(heap).result()
  expect(after - before).toBeLessThan(2 * MIB)
  await client.close()
  await cluster.close()
})
