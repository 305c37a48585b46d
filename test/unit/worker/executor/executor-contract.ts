import { afterEach, describe, expect, test } from 'vitest'
import type { Artefact } from '../../../../src/code/artefact.js'
import { ship } from '../../../../src/code/identity.js'
import { encode } from '../../../../src/values/encode.js'
import type { TaskExecutor } from '../../../../src/worker/executor/executor.js'
import { input, Runs } from './runs.js'

export interface ContractOptions {
  nthreads?: number
  validate?: boolean
}

const wait = async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return ms
}
const waitForEver = () => new Promise(() => {})
const listen = async () => {
  const host = (globalThis as never)[Symbol.for('heddle.task-host') as never] as {
    current(): { signal: AbortSignal }
  }
  const { signal } = host.current()
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return 'it listened'
}

/** What holds for all that run tasks. */
export function executorContract(name: string, make: (options?: ContractOptions) => TaskExecutor): void {
  describe(`${name}: a task`, () => {
    let runs: Runs | undefined
    const start = async (options?: ContractOptions) => {
      runs = await Runs.started(make(options))
      return runs
    }
    afterEach(() => runs?.executor.close())

    test('gets its arguments and inputs, and its result comes back with type and times', async () => {
      const runs = await start()
      const add = (a: number, xs: number[], { b }: { b: number }) => a + xs.length + b
      const { outcome } = runs.submit(add, [1, input('xs'), { b: input('b') }], { inputs: { xs: [7, 8], b: 40 } })
      const ended = await outcome
      expect(ended).toMatchObject({ status: 'ok', typename: 'number', thread: 0 })
      expect(ended.stop).toBeGreaterThan(ended.start)
      expect(Math.abs(ended.start - Date.now())).toBeLessThan(5000)
      expect(await runs.value(add, [1, input('xs'), { b: 1 }], { inputs: { xs: [7] } })).toBe(3)
    })

    test('is said to have begun, at the latest when it has ended', async () => {
      const runs = await start()
      const { id, outcome } = runs.submit(() => 1)
      const waiting = runs.submit(waitForEver)
      await outcome
      expect(runs.claimed.has(id)).toBe(true)
      await expect.poll(() => runs.claimed.has(waiting.id)).toBe(true)
    })

    test('is awaited if it is async', async () => {
      const runs = await start()
      expect(await runs.value(wait, [5])).toBe(5)
    })

    test('may have a result of any size', async () => {
      const runs = await start()
      for (const length of [0, 100, 10_000, 1_000_000]) {
        const made = await runs.value((n: number) => Float64Array.from({ length: n }, (_, i) => i), [length])
        expect(made).toBeInstanceOf(Float64Array)
        expect((made as Float64Array).length).toBe(length)
        expect((made as Float64Array).at(-1) ?? -1).toBe(length - 1)
      }
      expect(await runs.value((n: number) => 'é'.repeat(n), [300_000])).toBe('é'.repeat(300_000))
    })

    test('that throws gives its own error, with cause, fields and the stack of its code', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(function parse() {
        throw Object.assign(new RangeError('line 3', { cause: new TypeError('no number') }), { line: 3 })
      })
      expect(kind).toBe('raised')
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ message: 'line 3', line: 3 })
      expect(error.cause).toBeInstanceOf(TypeError)
      expect(error.stack).toMatch(/at parse \(function parse:\d+:\d+\)/)
      expect(error.stack).not.toMatch(/task-runner/)
    })

    test('that rejects does the same', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(async () => {
        await null
        throw new SyntaxError('later')
      })
      expect(kind).toBe('raised')
      expect(error).toBeInstanceOf(SyntaxError)
    })

    test('that throws what is no error gives an error that says so', async () => {
      const runs = await start()
      const { error } = await runs.failure(() => {
        throw 'a text'
      })
      expect(error.message).toContain("'a text'")
      expect(error.cause).toBe('a text')
    })

    test('whose result cannot travel fails with its key and the path', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(() => ({ rows: [{ on: () => 1 }] }), [], { key: 'load-3f2a' })
      expect(kind).toBe('result')
      expect(error).toMatchObject({ code: 'HEDDLE_CLONE', path: '.rows[0].on' })
      expect(error.message).toContain('load-3f2a')
    })

    test('whose error cannot travel as it is still gives its message', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(() => {
        throw Object.assign(new Error('half of it'), { socket: () => {} })
      })
      expect(kind).toBe('raised')
      expect(error.message).toBe('half of it')
    })

    test('whose code is not there fails to load', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(
        ship(() => 1),
        [],
        { function: 'nowhere#lambda' },
      )
      expect(kind).toBe('load')
      expect(error.code).toBe('HEDDLE_LOAD')
    })

    test('whose code does not compile fails to load, and others go on', async () => {
      const runs = await start()
      const artefact: Artefact = { hash: 'bad', kind: 'function', name: 'bad', body: 'return {', externals: [] }
      const bad = { ref: 'bad#bad' as const, artefact, name: 'bad', pure: false }
      expect((await runs.failure(bad)).kind).toBe('load')
      expect(await runs.value(() => 1)).toBe(1)
    })

    test('whose code was removed fails to load until it is sent again', async () => {
      const runs = await start()
      const shipped = ship((x: number) => x + 1)
      expect(await runs.value(shipped, [1])).toBe(2)
      runs.executor.removeCode(shipped.artefact.hash)
      const gone = await runs.failure(
        ship(() => 0),
        [1],
        { function: shipped.ref },
      )
      expect(gone.kind).toBe('load')
      expect(await runs.value(shipped, [1])).toBe(2)
    })

    test('that throws Reschedule is not done and did not fail', async () => {
      const runs = await start()
      const { outcome } = runs.submit(() => {
        throw Object.assign(new Error('not here'), {
          code: 'HEDDLE_RESCHEDULE',
          [Symbol.for('heddle.error') as never]: true,
        })
      })
      expect((await outcome).status).toBe('reschedule')
    })

    test('can ask what it is, also after an await', async () => {
      const runs = await start()
      const whoAmI = async () => {
        const host = (globalThis as never)[Symbol.for('heddle.task-host') as never] as {
          current(): Record<string, unknown>
        }
        await new Promise((resolve) => setTimeout(resolve, 1))
        const { key, attempt, runId, worker } = host.current()
        return { key, attempt, runId, worker }
      }
      const asked = await Promise.all(
        [1, 2].map((n) => runs.value(whoAmI, [], { key: `who-${n}`, attempt: n, runId: 40 + n })),
      )
      expect(asked).toEqual([
        { key: 'who-1', attempt: 1, runId: 41, worker: 'alice' },
        { key: 'who-2', attempt: 2, runId: 42, worker: 'alice' },
      ])
    })

    test('that has not begun can be taken back, and never runs', async () => {
      const runs = await start({ nthreads: 1 })
      const late = runs.submit(() => 1)
      expect(runs.executor.withdraw(late.id)).toBe(true)
      expect(runs.executor.withdraw(late.id)).toBe(false)
      expect(await runs.value(() => 2)).toBe(2)
      expect(runs.outcomes.has(late.id)).toBe(false)
    })

    test('that has begun or is over cannot be taken back', async () => {
      const runs = await start()
      const running = runs.submit(wait, [150])
      await runs.begun(1)
      expect(runs.executor.withdraw(running.id)).toBe(false)
      expect((await running.outcome).status).toBe('ok')
      expect(runs.executor.withdraw(running.id)).toBe(false)
    })

    test('that has not begun is aborted at once', async () => {
      const runs = await start({ nthreads: 1 })
      const late = runs.submit(() => 1)
      runs.executor.abort(late.id, 1000)
      expect((await late.outcome).status).toBe('aborted')
      expect(await runs.value(() => 2)).toBe(2)
    })

    test('that waits and did not take its signal is aborted without grace', async () => {
      const runs = await start()
      const run = runs.submit(waitForEver)
      await runs.begun(1)
      runs.executor.abort(run.id, 60_000)
      expect((await run.outcome).status).toBe('aborted')
      expect(await runs.value(() => 2)).toBe(2)
    })

    test('that took its signal may end by itself; it counts as aborted all the same', async () => {
      const runs = await start()
      const run = runs.submit(listen)
      await runs.begun(1)
      const before = performance.now()
      runs.executor.abort(run.id, 10_000)
      expect((await run.outcome).status).toBe('aborted')
      expect(performance.now() - before).toBeLessThan(5000)
      expect(await runs.value(() => 2)).toBe(2)
    })

    test('that took its signal and goes on is ended after the grace', async () => {
      const runs = await start()
      const run = runs.submit(async () => {
        const host = (globalThis as never)[Symbol.for('heddle.task-host') as never] as {
          current(): { signal: AbortSignal }
        }
        void host.current().signal
        await new Promise(() => {})
      })
      await runs.begun(1)
      runs.executor.abort(run.id, 50)
      expect((await run.outcome).status).toBe('aborted')
    })

    test('that runs longer than its limit fails with it', async () => {
      const runs = await start()
      const { kind, error } = await runs.failure(waitForEver, [], { timeoutMs: 50, key: 'slow-1' })
      expect(kind).toBe('timeout')
      expect(error).toMatchObject({ code: 'HEDDLE_TIMEOUT', key: 'slow-1' })
      expect(error.message).toContain('50 ms')
      expect(await runs.value(() => 2)).toBe(2)
    })

    test('does not have its waiting counted', async () => {
      const runs = await start({ nthreads: 1 })
      const busy = () => {
        const end = performance.now() + 150
        while (performance.now() < end);
      }
      const first = runs.submit(busy)
      const second = runs.submit(() => 'in time', [], { timeoutMs: 60 })
      expect((await first.outcome).status).toBe('ok')
      expect((await second.outcome).status).toBe('ok')
    })

    test('that changes an input fails in validate mode, and names it', async () => {
      const runs = await start({ validate: true })
      const inputs = { xs: new Float64Array(1000).map((_, i) => -i), ys: { n: 1 } }
      const sorted = await runs.failure((xs: Float64Array) => xs.sort()[0], [input('xs')], { inputs })
      expect(sorted.error).toMatchObject({ code: 'HEDDLE_INPUT_CHANGED' })
      expect(sorted.error.message).toContain("'xs'")
      const bumped = await runs.failure((ys: { n: number }) => ys.n++, [input('ys')], { inputs, key: 'bump' })
      expect(bumped.error.message).toContain("bump changed its input 'ys'")
      expect(await runs.value((xs: Float64Array) => xs.toSorted()[0], [input('xs')], { inputs })).toBe(-999)
    })

    test('that says it mutates may change its inputs and arguments, which nobody else sees', async () => {
      const runs = await start({ validate: true, nthreads: 1 })
      const inputs = new Map([
        ['xs', encode(new Float64Array(1000).map((_, i) => -i))],
        ['ys', encode({ n: 1, big: new Uint8Array(10_000) })],
      ])
      const change = (xs: Float64Array, ys: { n: number; big: Uint8Array }, zs: Int32Array) => {
        xs.sort()
        ys.big.fill(7)
        zs[0] = 9
        return [xs[0], ++ys.n, zs[0], xs.buffer instanceof ArrayBuffer]
      }
      const look = (xs: Float64Array, ys: { n: number; big: Uint8Array }) => [xs[0], ys.n, ys.big[0]]
      const args = [input('xs'), input('ys'), new Int32Array(5000)]
      expect(await runs.value(look, args.slice(0, 2), { inputs })).toEqual([-0, 1, 0])
      for (let i = 0; i < 2; i++)
        expect(await runs.value(change, args, { inputs, mutates: true })).toEqual([-999, 2, 9, true])
      expect(await runs.value(look, args.slice(0, 2), { inputs })).toEqual([-0, 1, 0])
    })

    test('sees the new value of a key that was overwritten', async () => {
      const runs = await start()
      const read = (x: number[]) => x[0]
      const old = new Map([['x', encode([1])]])
      const fresh = new Map([['x', encode([2])]])
      expect(await runs.value(read, [input('x')], { inputs: old })).toBe(1)
      runs.executor.forget(['x'])
      expect(await runs.value(read, [input('x')], { inputs: fresh })).toBe(2)
      expect(await runs.value(read, [input('x')], { inputs: old })).toBe(1)
    })

    test('has one outcome, however many there are', async () => {
      const runs = await start()
      const all = Array.from({ length: 2000 }, (_, i) => runs.submit((x: number) => x * 2, [i]))
      expect(runs.outcomes.size).toBe(0)
      await Promise.all(all.map(({ outcome }) => outcome))
      expect([...runs.outcomes.values()].every((outcomes) => outcomes.length === 1)).toBe(true)
      expect(runs.executor.stats).toMatchObject({ done: 2000, executing: 0, offered: 0 })
      expect(runs.executor.stats.appetite).toBeGreaterThan(runs.executor.nthreads)
    })

    test('is aborted when the executor closes', async () => {
      const runs = await start({ nthreads: 1 })
      const running = runs.submit(waitForEver)
      const queued = runs.submit(() => 1, [], { effect: true })
      await runs.begun(1)
      await runs.executor.close()
      expect((await running.outcome).status).toBe('aborted')
      expect((await queued.outcome).status).toBe('aborted')
    })
  })
}
