import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Center, Client, getClient, rpc, type TaskLog, Worker, type WorkerApi } from 'heddle'
import { type TestCluster, testCluster } from 'heddle/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

const TASKS = `
import { getClient, taskContext, type Future } from 'heddle'

export const inc = (x: number) => x + 1

/** Waits for a task that waits for a task. */
export async function chain(depth: number): Promise<number> {
  if (depth === 0) return 0
  const client = await getClient()
  return 1 + (await client.submit(chain, depth - 1).result())
}

export async function fib(n: number): Promise<number> {
  if (n < 2) return n
  const client = await getClient()
  const [a, b] = await client.gather([client.submit(fib, n - 1), client.submit(fib, n - 2)])
  return a + b
}

export async function sumOver(count: number): Promise<number> {
  const client = await getClient()
  let sum = 0
  for await (const future of client.asCompleted(client.map(chain, Array(count).fill(1)))) sum += await future.result()
  return sum
}

export async function futures(): Promise<Future<number>[]> {
  const client = await getClient()
  return client.map(inc, [1, 2, 3])
}

export async function future(): Promise<Future<number>> {
  return (await getClient()).submit(inc, 41)
}

export async function fail(): Promise<number> {
  const client = await getClient()
  return await client.submit(refuse, 3).result()
}
function refuse(x: number): number {
  throw new RangeError('not ' + x)
}

export async function slow(): Promise<never> {
  return await new Promise(() => {})
}

/** Tells what its child is called, and waits for it for ever. */
export async function waitForSlow(name: string): Promise<unknown> {
  const client = await getClient()
  const child = client.with({ key: name }).submit(slow)
  console.log('waits')
  return await child.result()
}

let kept: Future<number>
export async function keep(key: string): Promise<number> {
  const client = await getClient()
  kept = client.with({ key }).submit(inc, 1)
  return await kept.result()
}
export async function useKept(): Promise<number> {
  return await kept.result()
}

export async function meddle(): Promise<string[]> {
  const client = await getClient()
  const codes = []
  try { client.setup(() => {}) } catch (error) { codes.push((error as { code: string }).code) }
  try { await client.upload('x') } catch (error) { codes.push((error as { code: string }).code) }
  await client.close()
  return [...codes, String(await client.submit(inc, 1).result()), taskContext().key.slice(0, 6)]
}

export async function talk(depth: number): Promise<void> {
  console.log('at', depth)
  if (depth === 0) return
  const client = await getClient()
  await client.submit(talk, depth - 1).result()
  if (depth === 2) await client.gather(client.map(whisper, [0, 1]))
}
function whisper(x: number): void {
  process.stderr.write('psst ' + x)
  console.log('psst', x)
}

export async function pids(): Promise<number[]> {
  const client = (await getClient()).with({ isolation: 'process' })
  return [process.pid, await client.submit(() => process.pid).result()]
}`

type Ran<R> = () => R
interface Tasks {
  inc(x: number): number
  chain(depth: number): number
  fib(n: number): number
  sumOver(count: number): number
  futures: Ran<number[]>
  future: Ran<number>
  fail: Ran<number>
  waitForSlow(name: string): unknown
  keep(key: string): number
  useKept: Ran<number>
  meddle: Ran<string[]>
  talk(depth: number): void
  pids: Ran<number[]>
}

let t: TestCluster
let folder: string
let tasks: Tasks

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-nested-'))
  writeFileSync(join(folder, 'tasks.ts'), TASKS)
  t = await testCluster({ workers: ['alice'], threadsPerWorker: 1 })
  tasks = await t.client.module<Tasks>(join(folder, 'tasks.ts'))
})

afterAll(async () => {
  await t.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a task that submits tasks and awaits them, on a worker with one thread', () => {
  test('gives its place back, however deep it goes and however many there are', { timeout: 60_000 }, async () => {
    expect(await t.client.submit(tasks.chain, 40).result()).toBe(40)
    expect(await t.client.submit(tasks.fib, 9).result()).toBe(34)
    // More of them wait at the same time than a thread has places.
    expect(await t.client.submit(tasks.sumOver, 1500).result()).toBe(1500)
  })

  test('may return futures, which stand for their values', async () => {
    expect(await t.client.submit(tasks.futures).result()).toEqual([2, 3, 4])
    expect(await t.client.submit(tasks.future).result()).toBe(42)
  })

  test('fails with the error of its task, if it does not catch that', async () => {
    const error = (await t.client.submit(tasks.fail).exception()) as Error
    expect(error).toMatchObject({ name: 'RangeError', message: 'not 3' })
    expect(error.stack).toMatch(/at refuse .*task refuse-.*at fail .*task fail-/s)
  })

  test('lets go of its futures when it ends', async () => {
    const [keep, use] = [t.client.submit(tasks.keep, 'kept-1'), () => t.client.submit(tasks.useKept).result()]
    expect(await keep.result()).toBe(2)
    await t.until(async () => (await t.client.explain('kept-1')).state === 'unknown')
    await expect(use()).rejects.toMatchObject({ code: 'HEDDLE_RELEASED' })
  })

  test('that is cancelled while it waits takes its tasks along, and no other', async () => {
    const waiting = deferred()
    const client = await Client.connect(t.cluster, { logs: () => waiting.resolve() })
    onTestFinished(() => client.close())
    const parent = client.submit(tasks.waitForSlow, 'slow-1')
    const neighbour = client.submit(tasks.chain, 3)
    await waiting.promise
    await t.until(async () => (await client.explain(parent)).state === 'processing')
    const attempts = client.submit(tasks.inc, 1)
    expect(await attempts.result()).toBe(2)
    await parent.cancel()
    await t.until(async () => (await client.explain('slow-1')).state === 'unknown')
    expect(await neighbour.result()).toBe(3)
  })

  test('has what they print told as its own, to the client that asked for it', async () => {
    const lines: TaskLog[] = []
    const client = await Client.connect(t.cluster, { logs: (line) => lines.push(line) })
    onTestFinished(() => client.close())
    const parent = client.submit(tasks.talk, 2)
    await parent.result()
    expect(new Set(lines.map(({ key }) => key))).toEqual(new Set([parent.key]))
    const texts = lines.map(({ text }) => text.replace(/(talk|whisper)-\w+/g, '$1'))
    expect(texts.slice(0, 3)).toEqual(['at 2', '[alice talk] at 1', '[alice talk] [alice talk] at 0'])
    const whispers = [0, 1].flatMap((x) => Array(2).fill(`[alice whisper-${x}] psst ${x}`))
    expect(texts.slice(3).sort()).toEqual(whispers)
    lines.splice(0)
    await t.client.submit(tasks.talk, 2).result()
    expect(lines).toEqual([])
  })

  test('that runs out of time while it waits fails with that', async () => {
    const limited = t.client.with({ timeout: '300ms' }).submit(tasks.waitForSlow, 'slow-2')
    await expect(limited.result()).rejects.toMatchObject({ code: 'HEDDLE_TIMEOUT' })
    await t.until(async () => (await t.client.explain('slow-2')).state === 'unknown')
    expect(await t.client.submit(tasks.inc, 1).result()).toBe(2)
  })

  test('cannot change what concerns other tasks, nor close their connection', async () => {
    expect(await t.client.submit(tasks.meddle).result()).toEqual(['HEDDLE_IN_TASK', 'HEDDLE_IN_TASK', '2', 'meddle'])
  })
})

describe('tasks of tasks', () => {
  test('run in processes as well', async () => {
    const [thread, process] = await t.client.submit(tasks.pids).result()
    expect(process).not.toBe(thread)
    const apart = t.client.with({ isolation: 'process' })
    expect(await apart.submit(tasks.chain, 3).result()).toBe(3)
  })

  test('run for those who call run and compute, too', async () => {
    expect(Object.values(await t.client.run(tasks.chain, 2))).toEqual([2])
    const api = rpc<WorkerApi>(t.worker('alice').address)
    await api.compute({ function: tasks.chain, args: [4], key: 'four' })
    expect((await api.getData({ keys: ['four'] })).four).toBe(4)
  })

  test('run inline, one in the other', async () => {
    const client = await Client.inline()
    onTestFinished(() => client.close())
    const inline = await client.module<Tasks>(join(folder, 'tasks.ts'))
    expect(await client.submit(inline.chain, 5).result()).toBe(5)
    expect(await client.submit(inline.fib, 6).result()).toBe(8)
  })

  test('need a scheduler: a center runs none', async () => {
    const center = await new Center('127.0.0.1', 0).start()
    onTestFinished(() => center.close())
    const worker = await Worker.start(center.address, { nthreads: 1 })
    onTestFinished(() => worker.close())
    const api = rpc<WorkerApi>(worker.address)
    const asked = api.compute({ function: tasks.chain, args: [1] })
    await expect(asked).rejects.toThrow(/is a center/)
  })

  test('are no affair of the program, which has clients of its own', async () => {
    await expect(getClient()).rejects.toMatchObject({ code: 'HEDDLE_NO_TASK' })
  })
})

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
