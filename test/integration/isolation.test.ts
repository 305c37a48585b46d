import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client, LocalCluster, rpc, type WorkerApi } from 'heddle'
import { type TestCluster, testCluster } from 'heddle/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { built, Command } from './command.js'

const BCRYPT = pathToFileURL(createRequire(import.meta.url).resolve('bcrypt')).href
const MiB = 2 ** 20

let t: TestCluster
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-isolation-'))
  t = await testCluster({ workers: ['alice'], threadsPerWorker: 2, memoryLimit: 256 * MiB })
})

afterAll(async () => {
  await t.close()
  rmSync(folder, { recursive: true, force: true })
})

const fill = () => {
  const kept: string[][] = []
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => `text ${i} ${kept.length}`))
}

/** Many rounds: the call goes on for a minute, in native code. */
const hashFor = async (url: string, rounds: number): Promise<number> => {
  const { default: bcrypt } = (await import(url)) as { default: { hash(text: string, n: number): Promise<string> } }
  const hashing = bcrypt.hash('secret', rounds)
  console.log('begun')
  return (await hashing).length
}

/** A client, and its first task's first line. */
async function listening(): Promise<{ client: Client; begun: Promise<void> }> {
  let onLine = () => {}
  const begun = new Promise<void>((resolve) => {
    onLine = resolve
  })
  const client = await Client.connect(t.cluster, { logs: () => onLine() })
  onTestFinished(() => client.close())
  return { client, begun }
}

describe('native code that aborts, in a process of its own', () => {
  test('costs its own task; the worker, its data and its other tasks go on', async () => {
    const pid = () => process.pid
    const before = await t.client.submit(pid).result()
    const data = await t.client.scatter(new Float64Array(1000).fill(2))
    const others = t.client.map(
      async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return n
      },
      [1, 2, 3, 4],
    )
    const apart = t.client.with({ isolation: 'process' })
    const aborting = apart.map((n: number) => (n === 2 ? process.abort() : n), [1, 2, 3])
    const fate = await t.client.gather(aborting, { errors: 'skip' })
    expect(fate).toEqual([1, undefined, 3])
    const reason = await aborting[1]!.exception()
    expect(reason).toMatchObject({ name: 'TaskError', code: 'HEDDLE_THREAD_DIED', key: aborting[1]!.key })
    expect((reason as Error).message).toMatch(/ended its process \(signal SIGABRT\).*which was replaced/)
    expect(await t.client.gather(others)).toEqual([1, 2, 3, 4])
    expect(await t.client.submit((xs: Float64Array) => xs[999], data).result()).toBe(2)
    expect(await t.client.submit(pid).result()).toBe(before)
  })

  test('is the cure for an addon whose call is cancelled', async () => {
    const { client, begun } = await listening()
    const apart = client.with({ isolation: 'process' })
    const endless = apart.submit(hashFor, BCRYPT, 20)
    await begun
    await endless.cancel()
    expect(await apart.submit(hashFor, BCRYPT, 4).result()).toBe(60)
  })

  test('a heap that is full is said to be so, with its figures', async () => {
    const full = await t.client.with({ isolation: 'process' }).submit(fill).exception()
    expect(full).toMatchObject({ code: 'HEDDLE_OUT_OF_MEMORY' })
    expect((full as Error).message).toMatch(
      /'fill' \(fill-\w+\) needed more than the JavaScript heap of 205 MiB of its process.*It last held 2\d\d MiB/,
    )
    expect(
      await t.client
        .with({ isolation: 'process' })
        .submit(() => 1)
        .result(),
    ).toBe(1)
  })
})

describe('an addon in a thread', () => {
  test('whose call is cancelled does not take the worker along', async () => {
    const pid = await t.client.submit(() => process.pid).result()
    const { client, begun } = await listening()
    const endless = client.submit(hashFor, BCRYPT, 14)
    await begun
    await endless.cancel()
    const pids = await t.client.gather(t.client.map((_: number) => process.pid, [1, 2, 3, 4]))
    expect(new Set(pids)).toEqual(new Set([pid]))
  })
})

describe('a worker that runs all tasks in processes', () => {
  test('is asked for on the command line', async () => {
    const scheduler = new Command(built('cli/heddle.js'), ['scheduler', '--port', '0', '--no-dashboard'], {}, folder)
    const [, address] = await scheduler.says(/^Start scheduler at (\S+:\d+)$/)
    const options = ['--nthreads', '1', '--no-nanny', '--isolation', 'process']
    const worker = new Command(built('cli/heddle.js'), ['worker', address!, ...options], {}, folder)
    onTestFinished(async () => {
      await Promise.all([worker.signal('SIGTERM'), scheduler.signal('SIGTERM')])
    })
    const client = await Client.connect(address!)
    onTestFinished(() => client.close())
    expect(await client.submit(() => process.ppid).result()).toBe(worker.pid)
    await expect(client.submit(() => process.abort()).result()).rejects.toThrow('SIGABRT')
    expect(await client.submit(() => process.ppid).result()).toBe(worker.pid)
  })

  test('is asked for of a cluster', async () => {
    const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, isolation: 'process' })
    onTestFinished(() => cluster.close())
    const client = await Client.connect(cluster)
    onTestFinished(() => client.close())
    expect(await client.submit(() => process.ppid).result()).toBe(cluster.workers[0]!.pid)
    await expect(LocalCluster.start({ isolation: 'thraed' as never })).rejects.toThrow(/thraed is neither/)
  })
})

describe('a preloaded module', () => {
  test('runs in the worker, in each thread and in each process, before their tasks', async () => {
    const module = join(folder, 'preload.mjs')
    writeFileSync(module, 'globalThis.preloaded = (globalThis.preloaded ?? 0) + 1')
    const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 2, preload: [module] })
    onTestFinished(() => cluster.close())
    const client = await Client.connect(cluster)
    onTestFinished(() => client.close())
    const look = () => {
      const end = Date.now() + 5
      while (Date.now() < end);
      return (globalThis as { preloaded?: number }).preloaded
    }
    const seen = await client.gather(
      client.map(
        (_: number) => {
          const end = Date.now() + 5
          while (Date.now() < end);
          return (globalThis as { preloaded?: number }).preloaded
        },
        [...Array(20).keys()],
      ),
    )
    expect(new Set(seen)).toEqual(new Set([1]))
    expect(await client.with({ isolation: 'process' }).submit(look).result()).toBe(1)
    expect(Object.values(await client.run(look))).toEqual([1])
    // What ends a thread does not end that.
    await expect(client.submit(() => process.exit(3)).result()).rejects.toThrow('process.exit(3)')
    const again = await client.gather([client.submit(look), client.submit(look), client.submit(look)])
    expect(again).toEqual([1, 1, 1])
  })

  test('that fails does not let the worker start, and says why', async () => {
    const module = join(folder, 'broken.mjs')
    writeFileSync(module, "throw new RangeError('no licence')")
    await expect(LocalCluster.start({ workers: 1, preload: [module] })).rejects.toThrow(
      /broken.mjs, which is to be preloaded, failed: RangeError: no licence/,
    )
    const scheduler = await LocalCluster.start({ workers: 0 })
    onTestFinished(() => scheduler.close())
    const { Worker } = await import('heddle')
    const inThread = join(folder, 'broken-in-thread.mjs')
    writeFileSync(
      inThread,
      "import { isMainThread } from 'node:worker_threads'\nif (!isMainThread) throw new RangeError('not in threads')",
    )
    await expect(Worker.start(scheduler.address, { preload: [inThread], nthreads: 1 })).rejects.toThrow(
      /broken-in-thread.mjs, which is to be preloaded, failed: RangeError: not in threads/,
    )
  })
})

describe('what client.run and compute run', () => {
  test('has the environment of its client, or the one that was given', async () => {
    writeFileSync(join(folder, 'words.txt'), 'one two')
    const client = await Client.connect(t.cluster)
    onTestFinished(() => client.close())
    client.setup((text: string) => void Object.assign(globalThis, { text }), 'prepared')
    await client.upload(join(folder, 'words.txt'))
    const look = async () => {
      type Host = { current(): { files: Record<string, string> } }
      const host = (globalThis as never as Record<symbol, Host>)[Symbol.for('heddle.task-host')]!
      const { readFileSync } = await import('node:fs')
      const path = host.current().files['words.txt']
      return [process.env.MODE, (globalThis as { text?: string }).text, path && readFileSync(path, 'utf8')]
    }
    const careful = client.with({ env: { MODE: 'careful' } })
    expect(Object.values(await careful.run(look))).toEqual([['careful', 'prepared', 'one two']])
    const api = rpc<WorkerApi>(t.worker('alice').address)
    expect(await api.run({ function: look, env: { MODE: 'direct' } })).toEqual(['direct', expect.anything(), undefined])
    await api.compute({ function: look, key: 'looked', env: { MODE: 'computed' } })
    expect((await api.getData({ keys: ['looked'] })).looked).toMatchObject({ 0: 'computed', 2: undefined })
    const pid = await api.run({ function: () => process.pid, isolation: 'process' })
    expect(pid).not.toBe(t.worker('alice').pid)
  })
})
