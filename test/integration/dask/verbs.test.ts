import { asCompleted, CancelledError, Client, PythonError, py, Worker } from 'heddle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DaskCluster, hasDask, PATIENT, runPython } from './python.js'

const add = py<(a: number, b: number) => number>('operator.add')
const sleep = py<(seconds: number) => null>('time.sleep')
const now = py<() => number>('time.time')

describe.skipIf(!hasDask())('each verb of a client, on a stock Dask cluster:', PATIENT, () => {
  let cluster: DaskCluster
  let client: Client

  beforeAll(async () => {
    cluster = await DaskCluster.start(2)
    client = await Client.connect(cluster.address, { timeout: '20s' })
  }, 60_000)

  afterAll(async () => {
    await client?.close()
    await cluster?.close()
  })

  const addressOf = async (name: string) =>
    [...(await client.workers())].find(([, worker]) => worker.name === name)?.[0] as string

  test('asCompleted gives futures as they come', async () => {
    const slow = client.submit(sleep, 0.3)
    const fast = client.submit(add, 1, 2)
    const order: string[] = []
    for await (const future of asCompleted<unknown>([slow, fast])) order.push(future.key)
    expect(order).toEqual([fast.key, slow.key])
  })

  test('whoHas, hasWhat and ncores tell of workers by address and by name', async () => {
    const future = client.with({ workers: 'python-1' }).submit(add, 20, 3)
    await future.result()
    const address = await addressOf('python-1')
    expect((await client.whoHas([future])).get(future.key)).toEqual([address])
    expect((await client.hasWhat(address)).get(address)).toContain(future.key)
    expect((await client.hasWhat('python-1')).get(address)).toContain(future.key)
    expect([...(await client.ncores('python-1'))]).toEqual([[address, 1]])
    expect((await client.ncores()).size).toBe(2)
  })

  test('gather goes through the scheduler, or directly to the workers', async () => {
    const counted = `
import sys
from distributed import Client
def count(dask_scheduler):
    if not hasattr(dask_scheduler, "gathers"):
        dask_scheduler.gathers, gather = [], dask_scheduler.handlers["gather"]
        dask_scheduler.handlers["gather"] = lambda *a, **k: dask_scheduler.gathers.append(1) or gather(*a, **k)
    return len(dask_scheduler.gathers)
print(Client(sys.argv[1]).run_on_scheduler(count))`
    const futures = client.map(add, [1, 2, 3], [1, 1, 1])
    expect(runPython(counted, cluster.address)).toBe('0')
    expect(await client.gather(futures, { direct: true })).toEqual([2, 3, 4])
    expect(runPython(counted, cluster.address)).toBe('0')
    expect(await client.gather(futures)).toEqual([2, 3, 4])
    expect(Number(runPython(counted, cluster.address))).toBeGreaterThan(0)
  })

  test('priority decides what runs first', async () => {
    const here = { workers: 'python-0' }
    const blocking = client.with(here).submit(sleep, 0.3)
    const later = client.with({ ...here, priority: -1, key: 'later' }).submit(now)
    const sooner = client.with({ ...here, priority: 1, key: 'sooner' }).submit(now)
    const [a, b] = await client.gather([sooner, later])
    expect(a).toBeLessThan(b as number)
    await blocking.result()
  })

  test('workers are a restriction, or with allowOtherWorkers a wish', async () => {
    const wished = client.with({ workers: ['nobody'], allowOtherWorkers: true }).submit(add, 1, 41)
    expect(await wished.result()).toBe(42)
  })

  test('resources wait for a worker that has them', async () => {
    const future = client.with({ resources: { gpu: 1 } }).submit(add, 4, 5)
    await using worker = await Worker.start(cluster.address, { name: 'with-gpu', nthreads: 1, resources: { gpu: 1 } })
    expect(await future.result()).toBe(9)
    expect((await client.whoHas([future])).get(future.key)).toEqual([worker.address])
  })

  test('replicate and rebalance move data', async () => {
    const placed = await client.scatter({ some: 'data' }, { workers: 'python-0' })
    await client.replicate([placed], { n: 2 })
    expect((await client.whoHas([placed])).get(placed.key)).toHaveLength(2)
    await client.rebalance()
  })

  test('values that Python makes come as what they are', async () => {
    const made = (name: string, ...args: unknown[]) => client.submit(py<(...args: unknown[]) => unknown>(name), ...args)
    expect(await made('builtins.pow', 2, 200).result()).toBe(2n ** 200n)
    expect(await made('builtins.pow', -3, 3).result()).toBe(-27)
    expect(await made('builtins.set', [1, 2]).result()).toEqual(new Set([1, 2]))
    expect(await made('builtins.bytes', [1, 2]).result()).toEqual(new Uint8Array([1, 2]))
    const moment = made('datetime:datetime.fromisoformat', '2024-02-29T10:00:00+02:00')
    expect(await moment.result()).toEqual(new Date('2024-02-29T08:00:00Z'))
    const error = await made('builtins.ValueError', 'as data').result()
    expect(error).toBeInstanceOf(PythonError)
    expect(error).toMatchObject({ type: 'ValueError', message: 'as data' })
  })

  test('what Dask has not is refused by name, at once', async () => {
    const future = client.submit(add, 1, 1)
    await future.result()
    await expect(client.story(future)).rejects.toThrow("'story'")
    await expect(client.explain(future)).rejects.toThrow("'explain'")
    const refused = { timeout: '1s', retryDelay: '1s', effect: true }
    for (const [name, value] of Object.entries(refused)) {
      const tried = client.with({ [name]: value, key: `refused-${name}` }).submit(add, 1, 2)
      await expect(tried.result(), name).rejects.toThrow(name === 'retryDelay' ? 'retry_delay' : name)
    }
    for (const options of [{ env: { A: 'b' } }, { isolation: 'process' }] as const)
      expect(() => client.with(options).submit(add, 1, 2)).toThrow('has no environment of ours')
  })

  test('functions of Python run for a client whose TypeScript has an environment, too', async () => {
    await using prepared = await Client.connect(cluster.address, { timeout: '20s' })
    await prepared.upload(new URL(import.meta.url))
    expect(await prepared.submit(add, 2, 3).result()).toBe(5)
  })

  test('retireWorkers moves what they have', async () => {
    const future = client.with({ workers: 'python-1' }).submit(add, 40, 2)
    await future.result()
    expect(await client.retireWorkers('python-1')).toHaveLength(1)
    expect((await client.workers()).size).toBe(1)
    expect((await client.whoHas([future])).get(future.key)).toEqual([await addressOf('python-0')])
  })

  test('restart forgets all', async () => {
    const other = await DaskCluster.start(0)
    await using waiting = await Client.connect(other.address, { timeout: '20s' })
    const future = waiting.submit(add, 1, 2)
    await waiting.restart()
    await expect(future.result()).rejects.toThrow(CancelledError)
    await other.close()
  })
})
