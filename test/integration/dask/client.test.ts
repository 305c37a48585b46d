import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Table, tableFromArrays } from 'apache-arrow'
import { Client, keywords, NDArray, PythonError, py } from 'heddle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DaskCluster, hasDask, PATIENT, runPython } from './python.js'

const add = py<(a: number, b: number) => number>('operator.add')
const sum = py<(values: unknown) => number>('numpy.sum')

describe.skipIf(!hasDask())('a client on a stock Dask cluster', PATIENT, () => {
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

  test('gives a Python function keyword arguments, for all calls or for one, with futures among them', async () => {
    const rows = client.submit(py<(shape: number[]) => NDArray>('numpy.ones'), [3, 2])
    const sumOfAll = py<(a: NDArray) => NDArray>('numpy.sum', { axis: 1 })
    expect((await client.submit(sumOfAll, rows).result()).toArray()).toEqual([2, 2, 2])
    const sum = py<(a: NDArray, options: { axis: number }) => NDArray>('numpy.sum')
    const axis = client.submit(py<(a: number, b: number) => number>('operator.sub'), 1, 1)
    expect((await client.submit(sum, rows, keywords({ axis })).result()).toArray()).toEqual([3, 3])
    expect((await client.submit(sum, rows, keywords({ axis: 1 })).result()).toArray()).toEqual([2, 2, 2])
    const dict = py<(options: object) => object>('builtins.dict')
    expect(await client.submit(dict, keywords({ deep: [{ axis }] })).result()).toEqual({ deep: [{ axis: 0 }] })
  })

  test('calls functions of Python by name, with futures in the arguments', async () => {
    const three = client.submit(add, 1, 2)
    const total = client.submit(py<(parts: number[]) => number>('builtins.sum'), [three, 10, three] as number[])
    expect(await total.result()).toBe(16)
  })

  test('maps one over a list and gathers all of it', async () => {
    const futures = client.map(py<(a: number, b: number) => number>('operator.mul'), [1, 2, 3], 10)
    expect(await client.gather(futures)).toEqual([10, 20, 30])
  })

  test('sends arrays and gets arrays', async () => {
    const table = new NDArray(new Float64Array([1, 2, 3, 4, 5, 6]), { shape: [2, 3] })
    const rows = await client.submit(py<(a: NDArray) => NDArray>('numpy.sum', { axis: 1 }), table).result()
    expect([rows.dtype, rows.shape, rows.get(0), rows.get(1)]).toEqual(['float64', [2], 6, 15])
    const turned = await client.submit(py<(a: NDArray) => NDArray>('numpy.transpose'), table).result()
    expect([turned.shape, turned.get(2, 1)]).toEqual([[3, 2], 6])
  })

  test('sends every kind of value as what Python has for it', async () => {
    const repr = py<(value: unknown) => string>('repr')
    const shown: [value: unknown, as: string][] = [
      [[0, 255, 256, -1, 2 ** 31, 2 ** 53 - 1], '[0, 255, 256, -1, 2147483648, 9007199254740991]'],
      [2n ** 100n, String(2n ** 100n)],
      [-(2n ** 63n), String(-(2n ** 63n))],
      [[0.5, -0, Number.POSITIVE_INFINITY, 1e300], '[0.5, -0.0, inf, 1e+300]'],
      [[true, null, undefined], '[True, None, None]'],
      ['héllo ☃ 😀', "'héllo ☃ 😀'"],
      ['half \ud800', "'half \\ud800'"],
      [{ a: [], b: { c: 1 } }, "{'a': [], 'b': {'c': 1}}"],
      [new Map([[1, 'x']]), "{1: 'x'}"],
      [new Set([3]), '{3}'],
      [new Uint8Array([1, 2]), "b'\\x01\\x02'"],
      [
        new Date('2024-02-29T12:30:15.250Z'),
        'datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc)',
      ],
      [new RangeError('too far'), "ValueError('RangeError: too far')"],
      [{ a: new Int32Array([1, 2]) }, "{'a': array([1, 2], dtype=int32)}"],
      [
        new NDArray(new Float32Array([1, 2, 3, 4]), { shape: [2, 2] }).transposed(),
        'array([[1., 3.],\n       [2., 4.]], dtype=float32)',
      ],
    ]
    // As an argument in the graph, and as a value on a worker.
    for (const [value, as] of shown) {
      expect(await client.submit(repr, value).result()).toBe(as)
      expect(await client.submit(repr, (await client.scatter(value)) as never).result()).toBe(as)
    }
  })

  test('puts data on the workers ahead of its use', async () => {
    const placed = await client.scatter(new Float32Array([1, 2, 3.5]))
    expect(await client.submit(sum, placed).result()).toBe(6.5)
    const holders = (await client.whoHas([placed])).get(placed.key)
    expect([...(await client.workers()).keys()]).toEqual(expect.arrayContaining([...(holders ?? ['none'])]))
  })

  test('shares a large argument of a map once', async () => {
    const big = new Float64Array(50_000).fill(2)
    const dots = client.map(py<(i: number, b: Float64Array) => NDArray>('numpy.multiply'), [1, 2], big)
    expect(await client.gather(dots.map((dot) => client.submit(sum, dot)))).toEqual([100_000, 200_000])
  })

  test('throws what Python raised, with its traceback', async () => {
    const parsed = client.submit(py<(text: string) => unknown>('json.loads'), '{bad')
    const error = (await parsed.result().catch((thrown: unknown) => thrown)) as PythonError
    expect(error).toBeInstanceOf(PythonError)
    expect(error.type).toBe('json.decoder.JSONDecodeError')
    expect(error.traceback).toContain('in raw_decode')
    const after = client.submit(add, parsed as never, 1)
    await expect(after.result()).rejects.toThrow('Expecting property name')
  })

  test('keeps a function of TypeScript for a Heddle worker to come', async () => {
    const future = client.submit((x: number) => x + 1, 1)
    await client.submit(add, 1, 1).result()
    expect(future.status).toBe('pending')
    await client.cancel([future])
  })

  test('says that a function is not there', async () => {
    await expect(client.submit(py('no_such_module.f')).result()).rejects.toThrow(PythonError)
  })

  test('runs tasks on the workers that it names', async () => {
    const future = client.with({ workers: 'python-1' }).submit(py<() => number>('os.getpid'))
    await future.result()
    const [[address] = []] = (await client.whoHas([future])).values()
    expect((await client.workers()).get(address as string)?.name).toBe('python-1')
  })

  test('cancels a task', async () => {
    const sleeping = client.submit(py<(seconds: number) => void>('time.sleep'), 0.2)
    await client.cancel(sleeping)
    await expect(sleeping.result()).rejects.toThrow('cancelled')
  })

  test('tries a failed task again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-dask-'))
    const listed = client.submit(py<(path: string) => string[]>('os.listdir'), join(folder, 'later'))
    await expect(listed.result()).rejects.toThrow('No such file')
    await mkdir(join(folder, 'later'))
    await client.retry(listed)
    expect(await listed.result()).toEqual([])
    await rm(folder, { recursive: true })
  })

  test('lets results go with its futures', async () => {
    let key = ''
    {
      using future = client.submit(add, 20, 22)
      expect(await future.result()).toBe(42)
      key = future.key
    }
    await expect.poll(async () => (await client.whoHas([key])).get(key)).toEqual([])
  })

  test('shares keys with a program of Python', async () => {
    const placed = await client.scatterAll({ 'from-typescript': { name: 'waves', values: new Float64Array([1, 2]) } })
    const program = `
import sys
from distributed import Client, Future
with Client(sys.argv[1]) as client:
    value = client.submit(dict, Future('from-typescript', client)).result(timeout=20)
    print(value['name'], value['values'].sum(), value['values'].dtype)
`
    expect(runPython(program, cluster.address)).toBe('waves 3.0 float64')
    expect(placed['from-typescript'].status).toBe('finished')
  })

  test('finds what a program of Python has named', async () => {
    const program = `
import sys, numpy
from distributed import Client, fire_and_forget, wait
with Client(sys.argv[1]) as client:
    future = client.submit(numpy.arange, 4.0, key='from-python')
    wait(future)
    fire_and_forget(future)
`
    runPython(program, cluster.address)
    const array = await client.future<NDArray>('from-python').result()
    expect([array.shape, array.get(3)]).toEqual([[4], 3])
  })

  test('passes on what only Python can open, unopened', async () => {
    const dates = client.submit(py<(text: string[]) => unknown>('numpy.array', { dtype: 'M8[D]' }), [
      '2024-02-28',
      '2024-03-01',
    ])
    expect(await dates.result()).toMatchObject({ type: 'numpy.ndarray' })
    const gap = client.submit(py<(a: unknown) => unknown>('numpy.diff'), dates)
    const days = client.submit(py<(a: unknown) => NDArray>('numpy.asarray', { dtype: 'int64' }), gap)
    expect((await days.result()).get(0)).toBe(2n)
  })

  test('gets tables of pyarrow as Arrow tables, and sends Arrow tables as such', async () => {
    const squares = tableFromArrays({ n: Float64Array.from({ length: 20_000 }, (_, i) => i * i) })
    const placed = await client.scatter(squares)
    const type = py<(value: unknown) => string>('repr')
    expect(
      await client.submit(type, client.submit(py<(value: unknown) => unknown>('builtins.type'), placed)).result(),
    ).toContain('pyarrow.lib.Table')
    const sliced = client.submit(
      py<(table: Table, from: number, length: number) => Table>('pyarrow:Table.slice'),
      placed,
      100,
      3,
    )
    const table = await sliced.result()
    expect(table).toBeInstanceOf(Table)
    expect(table.getChild('n')?.toJSON()).toEqual([10_000, 10_201, 10_404])
    const rows = py<(tables: Table[]) => Table>('pyarrow.concat_tables')
    expect((await client.submit(rows, [table, table]).result()).numRows).toBe(6)
  })

  test('gets frames of pandas as tables, and passes them on as frames', async () => {
    const frame = client.submit(py<(data: object) => Table>('pandas.DataFrame'), { n: [1, 2, 3], s: ['a', 'b', 'c'] })
    const rows = [
      [1n, 'a'],
      [2n, 'b'],
      [3n, 'c'],
    ]
    expect((await frame.result()).toArray().map(({ n, s }) => [n, s])).toEqual(rows)
    expect((await client.gather([frame], { direct: true }))[0].toArray().map(({ n, s }) => [n, s])).toEqual(rows)
    const text = py<(frame: unknown) => string>('builtins.repr')
    expect(await client.submit(text, frame).result()).toMatch(/^ {3}n {2}s\n0/)
  })

  test('gets frames that hold other things unopened', async () => {
    const frame = client.submit(py<(data: object) => unknown>('pandas.DataFrame'), { at: [new Date(0)] })
    expect(await frame.result()).toMatchObject({ callable: { module: 'pandas', name: 'DataFrame' } })
    const columns = client.submit(py<(frame: unknown) => Table>('pyarrow:Table.from_pandas'), frame)
    expect((await columns.result()).numRows).toBe(1)
  })

  test('gets a result again whose worker was killed', async () => {
    const other = await DaskCluster.start(2, 'processes')
    const careful = await Client.connect(other.address, { timeout: '20s' })
    const pid = careful.with({ workers: ['python-0', 'python-1'] }).submit(py<() => number>('os.getpid'))
    const next = careful.submit(add, pid, 0)
    const first = await pid.result()
    await next.result()
    process.kill(first, 'SIGKILL')
    await expect.poll(() => careful.workers().then((workers) => workers.size)).toBe(1)
    expect(other.pids).toContain(await pid.result())
    expect(await pid.result()).not.toBe(first)
    expect(other.pids).toContain(await next.result())
    await careful.close()
    await other.close()
  }, 90_000)

  test('ends its futures when the scheduler is gone', async () => {
    const other = await DaskCluster.start(1)
    const lost = await Client.connect(other.address, { timeout: '20s' })
    const sleeping = lost.submit(py<(seconds: number) => void>('time.sleep'), 60)
    const ended = expect(sleeping.result()).rejects.toThrow('no connection to the scheduler')
    other.process.kill('SIGKILL')
    await ended
    await lost.close()
  })
})
