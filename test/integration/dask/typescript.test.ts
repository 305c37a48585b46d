import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type NDArray, PythonError, py, ref, type TaskLog, Worker } from 'heddle'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { DaskCluster, hasDask, PATIENT, PythonClient } from './python.js'

const sum = py<(values: unknown) => number>('numpy.sum')

const FIBONACCI = `
import { getClient, py } from 'heddle'
const add = py<(a: number, b: number) => number>('operator.add')

export async function fibonacci(n: number): Promise<number> {
  if (n < 2) return n
  const client = await getClient()
  const [a, b] = [client.submit(fibonacci, n - 1), client.submit(fibonacci, n - 2)]
  return await client.submit(add, a, b).result()
}
`

describe.skipIf(!hasDask())('TypeScript in a stock Dask cluster', PATIENT, () => {
  let cluster: DaskCluster
  let workers: Worker[]
  let client: Client
  let python: PythonClient

  beforeAll(async () => {
    cluster = await DaskCluster.start(1)
    const names = ['alice', 'bob']
    workers = await Promise.all(names.map((name) => Worker.start(cluster.address, { name, nthreads: 1 })))
    client = await Client.connect(cluster.address)
    python = await PythonClient.connect(cluster.address)
  }, 60_000)

  afterAll(async () => {
    await python?.close()
    await client?.close()
    await Promise.all((workers ?? []).map((worker) => worker.close()))
    await cluster?.close()
  })

  /** A module that says so. */
  async function moduleOf<M extends object>(text: string) {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-dask-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'work.ts'), text)
    return await client.module<M>(join(folder, 'work.ts'))
  }

  test('runs on Heddle workers by itself, on all of them, with futures of both kinds in its arguments', async () => {
    const numbers = client.map(
      (x: number) => x * x,
      Array.from({ length: 40 }, (_, i) => i),
    )
    expect(await client.gather(numbers)).toEqual(Array.from({ length: 40 }, (_, i) => i * i))
    const holders = [...(await client.whoHas(numbers)).values()].flat()
    expect(new Set(holders)).toEqual(new Set(workers.map(({ address }) => address)))
    const rows = client.submit(py<(n: number) => NDArray>('numpy.arange'), 5)
    const doubled = client.submit(
      (a: NDArray, k: number) =>
        Float64Array.from({ length: a.shape[0] as number }, (_, i) => 2 * Number(a.get(i)) + k),
      rows,
      1,
    )
    expect(await client.submit(sum, doubled).result()).toBe(25)
  })

  test('gives its results to a client of its own kind as they are, and to Python as Python has them', async () => {
    const made = client.submit(() => ({
      at: new Date(5),
      seen: new Map([[1, 'x']]),
      none: undefined,
      few: Float32Array.of(1, 2),
    }))
    expect(await made.result()).toEqual({
      at: new Date(5),
      seen: new Map([[1, 'x']]),
      none: undefined,
      few: Float32Array.of(1, 2),
    })
    const large = client.submit(() => new Float64Array(10_000).fill(0.5))
    expect((await large.result()).constructor).toBe(Float64Array)
    const printed = await python.run(`
value = client.submit(dict, known("${made.key}"), workers=["python-0"]).result()
total = client.submit(np.sum, known("${large.key}"), workers=["python-0"]).result()
print(sorted(value), value["seen"], value["few"].dtype, total)`)
    expect(printed).toBe("['at', 'few', 'none', 'seen'] {1: 'x'} float32 5000.0")
  })

  test('throws what it threw at a client of its own kind, and a Python exception with its lines at others', async () => {
    const failed = client.submit(function explode() {
      throw new RangeError('too far')
    })
    await expect(failed.result()).rejects.toThrow(RangeError)
    const printed = await python.run(`
try:
    client.submit(list, known("${failed.key}"), workers=["python-0"]).result()
except ValueError as error:
    print(error)
    print([frame.name for frame in traceback.extract_tb(error.__traceback__)][-1])`)
    expect(printed.split('\n')).toEqual(['RangeError: too far', 'explode'])
    await expect(
      client.submit(py<(a: number, b: unknown) => number>('operator.truediv'), 1, failed).result(),
    ).rejects.toThrow(RangeError)
    const theirs = client.submit(py<(text: string) => unknown>('json.loads'), 'no json')
    await expect(client.submit((x: unknown) => x, theirs).result()).rejects.toThrow(PythonError)
    await expect(theirs.result()).rejects.toThrow(/Expecting value/)
  })

  test('comes from modules, too, whose code the cluster keeps as a value', async () => {
    const work = await moduleOf<{ scaled: (n: number) => number }>(
      'const k = 3\nexport const scaled = (n: number): number => k * n\n',
    )
    expect(await client.submit(work.scaled, 14).result()).toBe(42)
    const keys = await python.run(`print(len([k for k in client.who_has() if k.startswith("heddle-code-")]) > 1)`)
    expect(keys).toBe('True')
  })

  test('submits tasks from tasks, of Python too, and waits for them without keeping its place', async () => {
    const { fibonacci } = await moduleOf<{ fibonacci: (n: number) => Promise<number> }>(FIBONACCI)
    expect(await client.submit(fibonacci, 6).result()).toBe(8)
  })

  test('can be told of in one graph with Python', async () => {
    const negative = py<(n: number) => number>('operator.neg')
    const graph = { ours: [(n: number) => n + 1, 1], theirs: [negative, ref('ours')] } as const
    expect(await client.get(graph, 'theirs')).toBe(-2)
  })

  test('heeds its options and its environment, and runs once on each Heddle worker', async () => {
    const slow = client.with({ timeout: '50ms' }).submit(() => new Promise(() => {}))
    await expect(slow.result()).rejects.toThrow('ran longer than its timeout')
    const tuned = client.with({ env: { TUNED: 'yes' } }).submit(() => process.env.TUNED)
    expect(await tuned.result()).toBe('yes')
    const heard: string[] = []
    const sink = { logs: ({ worker, level, text }: TaskLog) => void heard.push(`${worker} ${level} ${text}`) }
    await using listening = await Client.connect(cluster.address, sink)
    const loud = listening.with({ workers: ['bob'] })
    await loud.submit(() => console.warn('mind the gap')).result()
    await vi.waitFor(() => expect(heard).toEqual(['bob warn mind the gap']))
    expect(await listening.submit(py<(a: number) => number>('operator.neg'), 1).result()).toBe(-1)
    const pids = await client.run(() => 7)
    expect(Object.keys(pids).sort()).toEqual(workers.map(({ address }) => address).sort())
  })
})
