import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type Future, KilledWorkerError, ref, SchedulerLostError, TaskTimeoutError } from 'heddle'
import { type TestCluster, testCluster } from 'heddle/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { built, Command, heddle } from './command.js'

let t: TestCluster
let client: Client

beforeAll(async () => {
  t = await testCluster()
  client = t.client
})

afterAll(() => t.close())

const inc = (x: number) => x + 1
const spin = (ms: number) => {
  const end = Date.now() + ms
  while (Date.now() < end);
  return ms
}

describe('work on a cluster', () => {
  test('goes from future to future, and only the last result comes back', async () => {
    const squares = client.map((x: number) => x * x, [1, 2, 3, 4])
    const sum = client.submit((xs: number[]) => xs.reduce((a, b) => a + b), squares)
    const both = client.submit((o: { sum: number; list: number[] }) => o.sum + o.list.length, { sum, list: squares })
    expect(await both.result()).toBe(34)
    expect(await client.gather({ squares, nested: [sum, { sum }] })).toEqual({
      squares: [1, 4, 9, 16],
      nested: [30, { sum: 30 }],
    })
  })

  test('async functions are awaited', async () => {
    const later = async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return x + 1
    }
    expect(await client.gather(client.map(later, [1, 2, 3]))).toEqual([2, 3, 4])
  })

  test('values come exactly, their buffers in ordinary memory', async () => {
    const make = () => ({
      big: new Float64Array(100_000).fill(1.5),
      small: Uint8Array.of(1, 2),
      map: new Map([[{ a: 1 }, new Set(['x'])]]),
      when: new Date(5),
      n: 2n ** 70n,
      zero: -0,
      none: undefined,
    })
    const value = await client.submit(make).result()
    expect(value).toEqual(make())
    expect(Object.is(value.zero, -0)).toBe(true)
    expect(value.big.buffer).toBeInstanceOf(ArrayBuffer)
    expect(structuredClone(value.big, { transfer: [value.big.buffer as ArrayBuffer] })).toHaveLength(100_000)
  })

  test('every call runs, unless it is declared pure', async () => {
    const random = () => Math.random()
    const [a, b] = await client.gather([client.submit(random), client.submit(random)])
    expect(a).not.toBe(b)
    const sure = client.with({ pure: true })
    const held = sure.submit(random)
    expect(await sure.submit(random).result()).toBe(await held.result())
  })

  test('a graph runs as a whole', async () => {
    const graph = {
      total: [(x: number, y: number, k: number) => (x + y) * k, ref('left'), ref('right'), 10],
      left: [() => 1],
      right: [inc, ref('left')],
    } as const
    expect(await client.get(graph, 'total')).toBe(30)
    expect(await client.get(graph, ['right', 'total'])).toEqual([2, 30])
    await expect(client.get({ a: [inc, ref('b')], b: [inc, ref('a')] } as const, 'a')).rejects.toMatchObject({
      code: 'HEDDLE_GRAPH',
    })
  })

  test('a function runs on every worker, or on those that are named', async () => {
    const pids = await client.run(() => process.pid)
    expect(Object.keys(pids).sort()).toEqual(t.cluster.workers.map(({ address }) => address).sort())
    expect(Object.values(pids).sort()).toEqual(t.cluster.workers.map(({ pid }) => pid).sort())
    const one = await client.with({ workers: 'bob' }).run((x: number) => x + 1, 1)
    expect(one).toEqual({ [t.worker('bob').address]: 2 })
  })

  test('scattered data is computed with where it is', async () => {
    const data = await client.scatter(new Float64Array(1000).fill(2), { workers: 'bob' })
    const sum = client.submit((xs: Float64Array) => xs.reduce((a, b) => a + b, 0), data)
    expect(await sum.result()).toBe(2000)
    expect((await client.whoHas(sum)).get(sum.key)).toEqual([t.worker('bob').address])
    const everywhere = await client.scatter([1, 2], { broadcast: true })
    expect((await client.whoHas([everywhere])).get(everywhere.key)).toHaveLength(2)
    const { x, y } = await client.scatterAll({ x: 10, y: 'why' })
    expect(await client.gather([x, y])).toEqual([10, 'why'])
  })

  test('tasks run on the workers that are asked for', async () => {
    const where = client.with({ workers: ['bob'] }).map((_: number) => process.pid, [1, 2, 3])
    expect(new Set(await client.gather(where))).toEqual(new Set([t.worker('bob').pid]))
  })

  test('futures come as they end, and can be waited for', async () => {
    const slow = client.submit(spin, 300)
    const fast = client.submit(spin, 1)
    const order: Future<number>[] = []
    for await (const future of client.asCompleted([slow, fast])) order.push(future)
    expect(order).toEqual([fast, slow])
    expect(await client.wait([slow, fast])).toEqual({ done: [slow, fast], notDone: [] })
  })

  test('a stream of items of any length is worked through a few at a time', async () => {
    const before = (await client.whoHas()).size
    let given = 0
    let taken = 0
    let ahead = 0
    async function* items() {
      for (; given < 200; given++) {
        ahead = Math.max(ahead, given - taken)
        yield given
      }
    }
    for await (const result of client.imap(inc, items(), { maxInFlight: 8 })) expect(result).toBe(++taken)
    expect(taken).toBe(200)
    expect(ahead).toBeLessThanOrEqual(8)
    const unordered: number[] = []
    for await (const ms of client.imap(spin, [100, 1, 1, 1], { maxInFlight: 4, ordered: false })) unordered.push(ms)
    expect(unordered[0]).toBe(1)
    expect(unordered).toHaveLength(4)
    await t.until(async () => (await client.whoHas()).size <= before)
  })

  test('a failure ends such a walk, and lets go of the rest', async () => {
    const before = (await client.whoHas()).size
    const walk = async () => {
      for await (const result of client.imap((x: number) => 1 / (x - 3 || Number.NaN) || JSON.parse('{'), [1, 2, 3, 4]))
        void result
    }
    await expect(walk()).rejects.toBeInstanceOf(SyntaxError)
    await t.until(async () => (await client.whoHas()).size <= before)
  })

  test('results are let go when nobody wants them', async () => {
    const future = client.submit(() => new Uint8Array(10_000))
    await future.result()
    future.release()
    await t.until(async () => ![...(await client.whoHas()).keys()].includes(future.key))
  })

  test('another client can share a result by its key', async () => {
    const future = client.submit(inc, 41)
    await future.result()
    const other = await Client.connect(t.cluster)
    expect(await other.future<number>(future.key).result()).toBe(42)
    await expect(other.future('nowhere').result()).rejects.toMatchObject({ code: 'HEDDLE_UNKNOWN_KEY' })
    future.release()
    await other.close()
  })

  test('a module of the caller is bundled and its functions are submitted', async () => {
    const tasks = await client.module<typeof import('../types/tasks.js')>('../types/tasks.ts')
    const lengths = client.map(tasks.mean, client.map(tasks.load, ['a', 'bcd']))
    expect(await client.gather(lengths)).toEqual([0, 0])
    expect(() => tasks.mean(new Float64Array(1))).toThrow(/runs on workers/)
  })
})

describe('what goes wrong', () => {
  function fail(row: number): number {
    throw Object.assign(new RangeError(`row ${row} is bad`, { cause: new TypeError('the cause') }), { row })
  }

  test('an error has its class, fields and cause, and a stack from the task to the one who submitted it', async () => {
    const future = client.submit(fail, 7)
    const error = (await future.exception()) as RangeError & { row: number; cause: Error }
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'row 7 is bad', row: 7 })
    expect(error.cause).toBeInstanceOf(TypeError)
    const lines = error.stack!.split('\n')
    expect(lines[0]).toBe('RangeError: row 7 is bad')
    const border = lines.findIndex((line) => line.startsWith('    at — on worker'))
    expect(lines[1]).toMatch(/^ {4}at fail \(/)
    expect(lines[border]).toMatch(new RegExp(`on worker (alice|bob) \\(pid \\d+\\), task ${future.key}, attempt 1 —$`))
    expect(lines[border + 1]).toContain('client.test.ts')
    expect(error.stack).not.toMatch(/heddle\/(src|dist)|node:internal/)
  })

  test('a failed input is told once, and names who needed it', async () => {
    const bad = client.submit(fail, 1)
    const sum = client.submit(inc, bad)
    const error = (await sum.exception()) as Error
    expect(error).toBeInstanceOf(RangeError)
    expect(error.stack).toContain(`needed by '${sum.key}', which did not run`)
    await bad.exception()
  })

  test('retries make it good, quietly', async () => {
    const flaky = (file: string) => {
      const { writeFileSync: write, existsSync } = process.getBuiltinModule?.('node:fs') ?? require('node:fs')
      if (existsSync(file)) return 'fine'
      write(file, '')
      throw new Error('not yet')
    }
    const folder = mkdtempSync(join(tmpdir(), 'heddle-client-'))
    expect(await client.with({ retries: 2 }).submit(flaky, join(folder, 'tried')).result()).toBe('fine')
    rmSync(folder, { recursive: true })
  })

  test('a result that cannot travel says where', async () => {
    const error = await client.submit(() => ({ rows: [{ stream: () => 1 }] })).exception()
    expect(error).toMatchObject({ code: 'HEDDLE_CLONE' })
    expect((error as Error).message).toMatch(/the result of.*\.rows\[0\]\.stream is a function/)
  })

  test('a task is stopped at its timeout, and its worker goes on', async () => {
    const future = client.with({ timeout: 200, workers: 'bob' }).submit(spin, 60_000)
    const error = await future.exception()
    expect(error).toMatchObject({ code: 'HEDDLE_TIMEOUT' })
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(await client.with({ workers: 'bob' }).submit(inc, 1).result()).toBe(2)
  })

  test('a running task is cancelled, and its worker goes on', async () => {
    const bob = client.with({ workers: 'bob' })
    const future = bob.submit(spin, 60_000)
    const waiting = future.result()
    await t.until(async () => (await client.explain(future)).state === 'processing')
    await future.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'HEDDLE_CANCELLED' })
    expect(await bob.submit(inc, 1).result({ timeout: '10s' })).toBe(2)
  })

  test('a result that was lost with its worker is made again', async () => {
    const bob = client.with({ workers: 'bob', allowOtherWorkers: true })
    const data = bob.submit((n: number) => new Float64Array(n).fill(3), 10_000)
    await client.wait([data])
    await t.worker('bob').kill()
    expect((await data.result({ timeout: '20s' }))[9_999]).toBe(3)
  })

  test('a task that ends every worker says so', async () => {
    const future = client.submit(() => process.kill(process.pid, 'SIGKILL'))
    const error = await future.exception({ timeout: '60s' })
    expect(error).toMatchObject({ code: 'HEDDLE_KILLED_WORKER' })
    expect(error).toBeInstanceOf(KilledWorkerError)
  }, 90_000)
})

describe('a scheduler that is killed', () => {
  const open: Command[] = []

  afterEach(async () => {
    for (const command of open.splice(0)) await command.signal('SIGKILL')
  })

  test('rejects what is pending at once, and what comes later', async () => {
    const scheduler = heddle('scheduler', '--port', '0', '--no-dashboard')
    open.push(scheduler)
    const [, address] = await scheduler.says(/at:? +(\S+:\d+)/)
    const lonely = await Client.connect(address!)
    const waiting = lonely.submit(inc, 1).result()
    const rejected = expect(waiting).rejects.toBeInstanceOf(SchedulerLostError)
    await scheduler.signal('SIGKILL')
    await rejected
    expect(() => lonely.submit(inc, 1)).toThrow(SchedulerLostError)
    await lonely.close()
  })

  test('is why a run on its workers is rejected, for they end with it', async () => {
    const scheduler = heddle('scheduler', '--port', '0', '--no-dashboard')
    open.push(scheduler)
    const [, address] = await scheduler.says(/at:? +(\S+:\d+)/)
    const worker = heddle('worker', address!, '--nthreads', '1')
    open.push(worker)
    await worker.says(/^Registered/)
    const client = await Client.connect(address!)
    const running = client.run(() => new Promise<void>(() => console.log('it runs for ever')))
    const rejected = expect(running).rejects.toBeInstanceOf(SchedulerLostError)
    await scheduler.signal('SIGKILL')
    await rejected
    await client.close()
  })
})

describe('a program', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-program-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const HEAD = `const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
    const client = await Client.connect(cluster)
    const inc = (x) => x + 1`

  async function run(body: string, name = 'main.mjs', args: string[] = []) {
    const file = join(folder, name)
    const from = JSON.stringify(built('index.js'))
    const load = name.endsWith('.cjs') ? `require(${from})` : `await import(${from})`
    const text = `const { Client, LocalCluster, wait } = ${load};\n`
    writeFileSync(file, text + (name.endsWith('.cjs') ? `(async () => {${HEAD}\n${body}})()` : `${HEAD}\n${body}`))
    const command = args.length > 0 ? new Command(args[0]!, [...args.slice(1), file]) : new Command(file, [])
    return { command, end: await command.ended }
  }

  test('ends by itself, though nothing was closed', async () => {
    const { command, end } = await run('console.log(await client.submit(inc, 1).result())')
    expect(command.stdout).toBe('2\n')
    expect(command.stderr).toBe('')
    expect(end).toMatchObject({ code: 0, signal: null })
  })

  test('may use require', async () => {
    const { command, end } = await run('console.log(await client.gather(client.map(inc, [1, 2])))', 'main.cjs')
    expect(command.stdout).toBe('[ 2, 3 ]\n')
    expect(end).toMatchObject({ code: 0, signal: null })
  })

  test('that ends with unfinished tasks is warned', async () => {
    const { command, end } = await run(`
      const future = client.submit(() => { for (;;); })
      await new Promise((resolve) => setTimeout(resolve, 50))
      console.log(future.key)`)
    expect(end).toMatchObject({ code: 0 })
    expect(command.stderr).toContain(
      `HEDDLE_UNAWAITED] the program ended while 1 task was unfinished (${command.stdout.trim()})`,
    )
  })

  test('is not ended by a failure that nobody looks at: it is logged', async () => {
    const { command, end } = await run(`
      const future = client.submit(() => { throw new Error('unseen') })
      await wait([future])
      await client.close()
      await cluster.close()
      console.log('the end')`)
    expect(end).toMatchObject({ code: 0 })
    expect(command.stdout).toBe('the end\n')
    expect(command.stderr).toMatch(/failed, and nobody asked for the result[\s\S]*Error: unseen/)
  })

  test('lets results go that are garbage', async () => {
    const { command } = await run(
      `
      async function make() {
        const futures = [...client.map(inc, [1, 2, 3]), client.submit(inc, 4)]
        console.log((await client.gather(futures)).length)
      }
      await make()
      for (let i = 0; (await client.whoHas()).size > 0; i++) {
        if (i === 200) throw new Error('still there')
        gc()
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      console.log('gone')`,
      'gc.mjs',
      ['--expose-gc'],
    )
    expect(command.stderr).toBe('')
    expect(command.stdout).toBe('4\ngone\n')
  })
})
