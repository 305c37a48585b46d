import { readFileSync } from 'node:fs'
import { Client, Scheduler } from 'heddle'
import { testCluster } from 'heddle/testing'
import { expect, onTestFinished, test } from 'vitest'
import { built, Command } from './command.js'

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

/** Each is 20 kB of text; 200 of them may stay for later. */
const make = (i: number) => new Function('x', `return x + ${i} /* ${'-'.repeat(20_000)} */`) as (x: number) => number

async function use(client: Client, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const future = client.submit(make(i), 1)
    expect(await future.result()).toBe(1 + i)
    future.release()
  }
}

test('a thousand different functions leave nothing behind in a thread when they are released', async () => {
  await using t = await testCluster({ workers: ['alice'], threadsPerWorker: 1 })
  await use(t.client, 0, 250)
  const before = await t.client.submit(heap).result()
  await use(t.client, 250, 1250)
  const after = await t.client.submit(heap).result()
  expect(after - before).toBeLessThan(2 * MIB)
})

test('nor in the process of a worker, which grows no more, and what was let go is sent again', {
  timeout: 120_000,
}, async () => {
  const scheduler = await new Scheduler({ port: 0 }).start()
  onTestFinished(() => scheduler.close())
  const args = ['worker', scheduler.address, '--nthreads', '1', '--no-nanny', '--memory-limit', '1GB']
  const worker = new Command(built('cli/heddle.js'), args)
  onTestFinished(async () => void (await worker.signal('SIGTERM')))
  const client = await Client.connect(scheduler.address)
  onTestFinished(() => client.close())
  const rss = () => {
    const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  }
  // V8 takes some room before it collects: its level is that after the first thousand.
  await use(client, 0, 1200)
  const level = rss()
  await use(client, 1200, 2400)
  expect(rss() - level).toBeLessThan(0.25 * level)
  await use(client, 0, 5)
})
