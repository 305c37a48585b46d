import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { encode } from '../../../../src/values/encode.js'
import type { Outcome } from '../../../../src/worker/executor/executor.js'
import type { ThreadExecutorOptions } from '../../../../src/worker/executor/thread-executor-options.js'
import { Arena } from '../../../../src/worker/memory/arena.js'
import { executorContract } from './executor-contract.js'
import { failureOf, input, Runs } from './runs.js'
import { threads } from './threads.js'

executorContract('in threads', (options) => threads(options))

const spin = () => {
  for (;;);
}
const busy = (ms: number) => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return ms
}
const wait = async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return ms
}
const waitForEver = () => new Promise(() => {})

let runs: Runs | undefined
const start = async (options?: Partial<ThreadExecutorOptions>) => {
  runs = await Runs.started(threads(options))
  return runs
}
afterEach(() => runs?.executor.close())

describe('a thread', () => {
  test('that never comes to an end holds nobody up, and is ended at once', async () => {
    const runs = await start()
    const spinning = runs.submit(spin)
    await runs.begun(1)
    for (let i = 0; i < 20; i++) expect(await runs.value((x: number) => x + 1, [i])).toBe(i + 1)
    const before = performance.now()
    runs.executor.abort(spinning.id, 60_000)
    expect((await spinning.outcome).status).toBe('aborted')
    expect(performance.now() - before).toBeLessThan(250)
    expect(await runs.value(busy, [1])).toBe(1)
  })

  test('keeps back no result of the many before the one that never ends', async () => {
    const runs = await start()
    const all = Array.from({ length: 1000 }, (_, i) =>
      runs.submit(
        (n: number) => {
          while (n === 700);
          return n
        },
        [i],
      ),
    )
    const others = all.filter((_, i) => i !== 700)
    const outcomes = await Promise.all(others.map(({ outcome }) => outcome))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['ok']))
    runs.executor.abort(all[700]!.id, 0)
    expect((await all[700]!.outcome).status).toBe('aborted')
  })

  test('keeps back no result of tasks of a millisecond before one that never ends or has been taken back', async () => {
    const runs = await start()
    const work = (i: number, last: number) => {
      const end = performance.now() + 1
      while (performance.now() < end || i === last);
      return i
    }
    await Promise.all(Array.from({ length: 100 }, (_, i) => runs.value(work, [i, -1])))
    const all = Array.from({ length: 40 }, (_, i) => runs.submit(work, [i, 25]))
    const others = all.filter((_, i) => i !== 25)
    for (const { outcome } of others.slice(0, -1)) expect((await outcome).status).toBe('ok')
    runs.executor.abort(all[25]!.id, 0)
    expect((await all[25]!.outcome).status).toBe('aborted')
    const pair = [runs.submit(work, [1, -1]), runs.submit(work, [2, -1]), runs.submit(work, [3, -1])]
    for (const { id, outcome } of pair) if (!runs.executor.withdraw(id)) expect((await outcome).status).toBe('ok')
  })

  test('is ended by the limit of a task that spins, and what stood behind that runs', async () => {
    const runs = await start({ nthreads: 1 })
    await Promise.all(Array.from({ length: 100 }, () => runs.value(() => 1)))
    const late = runs.submit(spin, [], { timeoutMs: 100 })
    const behind = Array.from({ length: 10 }, (_, i) => runs.value((x: number) => x, [i]))
    expect(failureOf(await late.outcome).error.code).toBe('HEDDLE_TIMEOUT')
    expect(await Promise.all(behind)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('runs many tasks that wait, and is not held by them', async () => {
    const runs = await start({ nthreads: 1 })
    const before = performance.now()
    const waits = Array.from({ length: 16 }, () => runs.value(wait, [200]))
    await runs.begun(16)
    expect(await runs.value(busy, [1])).toBe(1)
    await Promise.all(waits)
    expect(performance.now() - before).toBeLessThan(1600)
  })

  test('takes no more tasks that wait than it may', async () => {
    const runs = await start({ nthreads: 1, waitingPerThread: 2 })
    const all = Array.from({ length: 6 }, () => runs.submit(wait, [30]))
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome))
    const beside = outcomes.map((one) => outcomes.filter(({ start, stop }) => start <= one.start && one.start < stop))
    expect(Math.max(...beside.map(({ length }) => length))).toBe(2)
  })

  test('that is ended for one task gives up those that waited in it without blame', async () => {
    const runs = await start({ nthreads: 1 })
    const waiting = runs.submit(waitForEver)
    await runs.begun(1)
    const spinning = runs.submit(spin)
    await runs.begun(2)
    const behind = runs.submit(() => 'behind')
    runs.executor.abort(spinning.id, 0)
    expect((await spinning.outcome).status).toBe('aborted')
    expect((await waiting.outcome).status).toBe('displaced')
    expect((await behind.outcome).status).toBe('ok')
  })

  test('runs a task with effects alone', async () => {
    const runs = await start({ nthreads: 1 })
    await Promise.all(Array.from({ length: 50 }, () => runs.value(() => 1)))
    const all = [20, 20, 20, 20].map((ms, i) => runs.submit(wait, [ms], { effect: i % 2 === 0 }))
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome))
    const spans = outcomes.map(({ start, stop }, i) => ({ start, stop, effect: i % 2 === 0 }))
    const overlapping = spans.filter((one) =>
      spans.some((other) => other !== one && other.effect && one.start < other.stop && other.start < one.stop),
    )
    expect(overlapping).toEqual([])
  })

  test('gets long tasks one by one, so that all threads are busy until the end', async () => {
    const runs = await start()
    await Promise.all(Array.from({ length: 500 }, () => runs.value(() => 1)))
    const all = Array.from({ length: 8 }, () => runs.submit(busy, [40]))
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome))
    const perThread = [0, 1].map((n) => outcomes.filter(({ thread }) => thread === n).length)
    expect(Math.min(...perThread)).toBeGreaterThanOrEqual(3)
  })

  test('is preferred by tasks whose input it has decoded', async () => {
    const runs = await start()
    const inputs = new Map([['rows', encode(Array.from({ length: 50_000 }, (_, i) => ({ i })))]])
    const count = (rows: { seen?: number }[]) => {
      rows[0]!.seen = (rows[0]!.seen ?? 0) + 1
      return rows[0]!.seen
    }
    for (let i = 1; i <= 10; i++) expect(await runs.value(count, [input('rows')], { inputs })).toBe(i)
  })
})

describe('a large result', () => {
  const buffersOf = (outcome: Outcome) => (outcome.status === 'ok' ? outcome.value.buffers : [])
  const arena = () => new Arena({ keepBytes: 2 ** 26, slackBytes: 2 ** 24 })
  const inArena = (memory: Arena, length: number) => {
    const value = encode(new Float64Array(length).fill(3), { memory: (nbytes) => memory.allocate(nbytes) })
    memory.retain(value)
    return new Map([['xs', value]])
  }

  test('lies in shared memory, aligned', async () => {
    const runs = await start()
    const ended = await runs.submit(() => [new Uint8Array(10_000), new Float64Array(1000)]).outcome
    for (const { buffer, byteOffset } of buffersOf(ended)) {
      expect(buffer).toBeInstanceOf(SharedArrayBuffer)
      expect(byteOffset % 64).toBe(0)
    }
    expect(buffersOf(ended)).toHaveLength(2)
  })

  test('that views an input by half or more shares its memory, a smaller one is copied', async () => {
    const memory = arena()
    const runs = await start({ memory })
    const inputs = inArena(memory, 10_000)
    const cut = (xs: Float64Array, from: number, to: number) => xs.subarray(from, to)
    const most = await runs.submit(cut, [input('xs'), 1000, 9000], { inputs }).outcome
    const little = await runs.submit(cut, [input('xs'), 1000, 3000], { inputs }).outcome
    const { buffer } = inputs.get('xs')!.buffers[0]!
    expect(buffersOf(most)[0]!.buffer).toBe(buffer)
    expect(buffersOf(most)[0]!.byteLength).toBe(64_000)
    expect(buffersOf(little)[0]!.buffer).not.toBe(buffer)
  })

  test('is made in memory that served before', async () => {
    const memory = arena()
    const runs = await start({ memory, nthreads: 1 })
    const seen = new Set<unknown>()
    for (let i = 0; i < 10; i++) {
      const ended = await runs.submit((n: number) => new Uint8Array(n), [2 ** 20]).outcome
      if (ended.status !== 'ok') throw new Error(ended.status)
      memory.retain(ended.value)
      seen.add(ended.value.buffers[0]!.buffer)
      memory.release(ended.value)
    }
    expect(seen.size).toBeLessThan(10)
  })

  test('in memory from empty() is not copied, and not used again while the task’s code can see it', async () => {
    const memory = arena()
    const runs = await start({ memory, nthreads: 1 })
    const keep = (n: number) => {
      const host = (globalThis as never)[Symbol.for('heddle.task-host') as never] as {
        allocate(nbytes: number): Uint8Array
      }
      const xs = host.allocate(n).fill(7)
      ;(globalThis as Record<string, unknown>).kept = xs
      return xs
    }
    const kept = await runs.submit(keep, [2 ** 20]).outcome
    if (kept.status !== 'ok') throw new Error(kept.status)
    memory.retain(kept.value)
    memory.release(kept.value)
    expect(memory.pinnedBytes).toBe(2 ** 20)
    await runs.value((n: number) => new Uint8Array(n).fill(1), [2 ** 20])
    expect(await runs.value(() => (globalThis as unknown as { kept: Uint8Array }).kept.every((x) => x === 7))).toBe(
      true,
    )
    await runs.value(() => {
      ;(globalThis as Record<string, unknown>).kept = undefined
    })
    runs.executor.forget([])
    memory.giveBack()
    await expect.poll(() => memory.pinnedBytes).toBe(0)
  })

  test('that is released while a thread may still view it waits for the thread’s collector', async () => {
    const memory = arena()
    const runs = await start({ memory })
    const inputs = inArena(memory, 10_000)
    expect(await runs.value((xs: Float64Array) => xs[5], [input('xs')], { inputs })).toBe(3)
    runs.executor.forget(['xs'])
    memory.release(inputs.get('xs')!)
    expect(memory.pinnedBytes).toBeGreaterThan(0)
    memory.giveBack()
    await expect.poll(() => memory.pinnedBytes).toBe(0)
  })
})

describe('a task that ends its thread', () => {
  test('by process.exit fails with that, and the thread is replaced', async () => {
    const runs = await start({ nthreads: 1 })
    const { kind, error } = await runs.failure(
      function leave() {
        process.exit(3)
      },
      [],
      { key: 'leave-1' },
    )
    expect(kind).toBe('thread-died')
    expect(error).toMatchObject({ code: 'HEDDLE_THREAD_DIED', key: 'leave-1' })
    expect(error.message).toContain('process.exit(3)')
    expect(error.message).toContain('MiB')
    expect(await runs.value(() => 1)).toBe(1)
  })

  test('by a rejection that nobody handles fails with that', async () => {
    const runs = await start({ nthreads: 1 })
    const other = runs.submit(waitForEver)
    await runs.begun(1)
    const { kind, error } = await runs.failure(async () => {
      void Promise.reject(new RangeError('stray'))
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })
    expect(kind).toBe('thread-died')
    expect(error.message).toContain('stray')
    expect(error.cause).toBeInstanceOf(RangeError)
    expect((await other.outcome).status).toBe('displaced')
    expect(await runs.value(() => 1)).toBe(1)
  })

  test('by an error in a timer fails with that', async () => {
    const runs = await start()
    const { kind, error } = await runs.failure(
      () =>
        new Promise(() => {
          setTimeout(() => {
            throw new Error('in the timer')
          }, 1)
        }),
    )
    expect(kind).toBe('thread-died')
    expect(error.message).toContain('in the timer')
  })

  test('by filling the heap fails with the figures', async () => {
    const runs = await start({ nthreads: 1, heapLimit: 32 * 2 ** 20 })
    const { kind, error } = await runs.failure(() => {
      const all: object[] = []
      for (;;) all.push({ n: all.length })
    })
    expect(kind).toBe('thread-died')
    expect(error.code).toBe('HEDDLE_OUT_OF_MEMORY')
    expect(error.message).toContain('32 MiB')
    expect(await runs.value(() => 1)).toBe(1)
  })

  test('after its own end harms nobody but the thread', async () => {
    const runs = await start({ nthreads: 1 })
    expect(
      await runs.value(() => {
        setTimeout(() => {
          throw new Error('too late')
        }, 5)
        return 1
      }),
    ).toBe(1)
    const next = runs.submit(wait, [100])
    expect(['ok', 'displaced']).toContain((await next.outcome).status)
    expect(await runs.value(() => 2)).toBe(2)
  })

  test('is spared that if the thread has loaded a native addon: it is left to come to rest', async () => {
    const runs = await start({ nthreads: 1 })
    const addon = createRequire(import.meta.url).resolve('@rolldown/binding-linux-x64-gnu')
    const load = (path: string) => {
      process.dlopen({ exports: {} }, path)
      for (const end = Date.now() + 400; Date.now() < end; );
    }
    const loading = runs.submit(load, [addon])
    await runs.begun(1)
    await expect.poll(() => runs.executor.stats.executing).toBe(1)
    runs.executor.abort(loading.id, 0)
    expect((await loading.outcome).status).toBe('aborted')
    expect(await runs.value(() => 2)).toBe(2)
  })
})

describe('what a task says', () => {
  test('on the console is handed on with its key', async () => {
    const runs = await start()
    await runs.value(
      async () => {
        console.log('read %d rows', 3)
        await null
        console.warn('slow', { ms: 7 })
      },
      [],
      { key: 'load-1' },
    )
    await expect.poll(() => runs.logs).toHaveLength(2)
    expect(runs.logs).toMatchObject([
      { key: 'load-1', level: 'log', text: 'read 3 rows' },
      { key: 'load-1', level: 'warn', text: 'slow { ms: 7 }' },
    ])
  })

  test('without end does not flood the worker', async () => {
    const runs = await start()
    await runs.value(() => {
      for (let i = 0; i < 50_000; i++) console.log('line', i)
    })
    await expect.poll(() => runs.logs.length).toBeGreaterThan(900)
    expect(runs.logs.length).toBeLessThan(10_000)
  })
})

test('a loop that never awaits sees at its signal that it is to end', async () => {
  const runs = await start({ nthreads: 1 })
  const run = runs.submit(() => {
    const host = (globalThis as never)[Symbol.for('heddle.task-host') as never] as {
      current(): { signal: AbortSignal }
    }
    const { signal } = host.current()
    while (!signal.aborted);
    console.log('seen')
  })
  await runs.begun(1)
  await expect.poll(() => runs.executor.stats.executing).toBe(1)
  runs.executor.abort(run.id, 10_000)
  expect((await run.outcome).status).toBe('aborted')
})

test('idle threads do not keep the process, busy ones do', async () => {
  const dist = new URL('../../../../dist/', import.meta.url)
  const program = `
    const { ThreadExecutor } = await import('${dist}worker/executor/thread-executor.js')
    const { ship } = await import('${dist}code/identity.js')
    const { encode } = await import('${dist}values/encode.js')
    const executor = new ThreadExecutor({ nthreads: 1, entry: new URL('${dist}thread-entry.js') })
    await executor.start({ onOutcome: ({ id }, { status }) => console.log(id, status) })
    const { ref, artefact } = ship(() => new Promise((resolve) => setTimeout(resolve, 50)))
    executor.addCode(artefact)
    executor.submit({ id: 1, key: 'k', runId: 1, attempt: 1, function: ref, args: encode([]), inputs: new Map() })`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(dist),
    timeout: 10_000,
  })
  expect((await run).stdout).toBe('1 ok\n')
})
