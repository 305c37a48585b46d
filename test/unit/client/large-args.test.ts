import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from '../../../src/client/client.js'
import { decode } from '../../../src/values/decode.js'
import { FakeScheduler, FakeWorker, QUIET } from './fake-scheduler.js'

let scheduler: FakeScheduler
let worker: FakeWorker
let client: Client
const logger = { ...QUIET, warn: vi.fn() }

beforeEach(async () => {
  logger.warn.mockClear()
  scheduler = await new FakeScheduler().listen()
  worker = await new FakeWorker().listen()
  client = await Client.connect(scheduler.address, { logger })
})

afterEach(async () => {
  await client.close()
  await scheduler.close()
  await worker.close()
})

const pick = (xs: Uint8Array, i: number) => xs[i]

describe('a large array', () => {
  test('as argument of many tasks is put on a worker once, which is said once', async () => {
    scheduler.addWorker(worker, 'alice')
    const large = new Uint8Array(64 * 2 ** 20).fill(1)
    for (let i = 0; i < 10; i++) client.submit(pick, large, i)
    client.map(pick, large, [1, 2, 3])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    expect(worker.asked).toEqual(['update_data 1'])
    const [key] = worker.data.keys()
    expect(scheduler.tasks.every(({ deps }) => deps.length === 1 && deps[0] === key)).toBe(true)
    expect(scheduler.maps[0]!.shared_deps).toEqual([key])
    expect(logger.warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining("[HEDDLE_LARGE_ARG] argument 1 of 'pick' is 67 MB"),
    ])
  })

  test('that was changed is another', async () => {
    scheduler.addWorker(worker, 'alice')
    const large = new Uint8Array(64 * 2 ** 20)
    client.submit(pick, large, 1)
    large.fill(2)
    client.submit(pick, large, 1)
    await expect.poll(() => scheduler.tasks.length).toBe(2)
    const [first, second] = [...worker.data.values()].map((value) => (decode(value) as Uint8Array)[1])
    expect([first, second]).toEqual([0, 2])
    expect(scheduler.tasks[0]!.deps).not.toEqual(scheduler.tasks[1]!.deps)
  })

  test('waits for the first worker, and what is submitted after it keeps its place', async () => {
    client.submit(pick, new Uint8Array(64 * 2 ** 20), 1)
    const after = client.submit((x: number) => x, 1)
    await client.workers()
    expect(scheduler.tasks).toEqual([])
    scheduler.addWorker(worker, 'alice')
    await expect.poll(() => scheduler.tasks.length).toBe(2)
    expect(scheduler.tasks[1]!.key).toBe(after.key)
  })
})

test('a value of some size that all calls of a map share travels once', async () => {
  const table = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`name${i}`, i]))
  const sums = client.map((name: string, t: Record<string, number>) => t[name], ['name1', 'name2', 'name3'], table)
  await expect.poll(() => scheduler.maps.length).toBe(1)
  const [shared] = scheduler.tasks
  expect(decode(shared!.args)).toEqual([table])
  expect(scheduler.maps[0]).toMatchObject({ length: 3, shared_deps: [shared!.key] })
  expect(scheduler.maps[0]!.args.byteLength).toBeLessThan(500)
  expect(sums).toHaveLength(3)
  const again = client.with({ pure: true }).map((name: string, t: Record<string, number>) => t[name], ['x', 'y'], table)
  const equal = client.with({ pure: true }).map((name: string, t: Record<string, number>) => t[name], ['x', 'y'], table)
  expect(equal[0]!.key).toBe(again[0]!.key)
})
