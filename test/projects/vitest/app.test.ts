import { expect, test } from 'vitest'
import { Client, LocalCluster, task } from 'heddle'
import { halve } from './halve'

interface Options {
  step: number
}

const OPTIONS: Options = { step: 5 }

function work(x: number): number {
  return halve(x) + OPTIONS.step
}

const less = task(import.meta, (x: number) => work(x) - OPTIONS.step)
const more = task(import.meta, (x: number) => work(x) + 1)

test('the same as everywhere', async () => {
  await using cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
  await using client = await Client.connect(cluster)

  expect(await client.submit((x: number) => x + 1, 2).result()).toBe(3)
  expect(await client.submit(async (path: string) => (await import('node:path')).basename(path), '/a/b').result()).toBe('b')
  expect(await client.submit(task(import.meta, work), 14).result()).toBe(12)
  expect(await client.submit(less, 14).result()).toBe(7)
  expect(await client.submit(more, 14).result()).toBe(13)
  // Not taken for one of these.
  expect(() => task(import.meta, (x: number) => -x)).toThrow(/a function without a name/)

  const tasks = await client.module<typeof import('./tasks.js')>('./tasks.js')
  expect(await client.submit(tasks.twice, 4).result()).toBe(8)
  expect(await client.gather(client.map(tasks.twice, [1, 2, 3]))).toEqual([2, 4, 6])
  const failing = client.submit(tasks.fail, { x: 3 }).result()
  await expect(failing).rejects.toThrow(new RangeError('no 3'))
  await expect(failing).rejects.toMatchObject({ stack: expect.stringContaining('tasks.ts:10:9') })
  expect(() => client.submit((x: number) => halve(x), 1)).toThrow("uses the import 'halve'")
})
