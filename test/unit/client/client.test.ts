import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from '../../../src/client/client.js'
import { pure } from '../../../src/code/pure.js'
import {
  CancelledError,
  CaptureError,
  CloneError,
  ClosedError,
  ConnectError,
  KeyConflictError,
  OptionError,
  SchedulerLostError,
  WaitTimeoutError,
} from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { FakeScheduler, FakeWorker, QUIET } from './fake-scheduler.js'

let scheduler: FakeScheduler
let client: Client
const logger = { ...QUIET, warn: vi.fn() }
const workers: FakeWorker[] = []

const inc = (x: number) => x + 1

async function worker(name = 'alice'): Promise<FakeWorker> {
  const made = await new FakeWorker().listen()
  scheduler.addWorker(made, name)
  workers.push(made)
  return made
}

/** A task that the scheduler has heard of. */
async function submitted() {
  const future = client.submit(inc, 1)
  await expect.poll(() => scheduler.tasks.some(({ key }) => key === future.key)).toBe(true)
  return future
}

beforeEach(async () => {
  logger.warn.mockClear()
  scheduler = await new FakeScheduler().listen()
  client = await Client.connect(scheduler.address, { logger })
})

afterEach(async () => {
  await client.close()
  await scheduler.close()
  await Promise.all(workers.splice(0).map((one) => one.close()))
})

describe('submitting', () => {
  test('submissions of one turn leave in one message, each with a key of its own', async () => {
    const futures = [client.submit(inc, 1), client.submit(inc, 1), client.submit(inc, 2)]
    await expect.poll(() => scheduler.tasks.length).toBe(3)
    expect(scheduler.ops()).toEqual(['update-graph'])
    expect(new Set(futures.map(({ key }) => key)).size).toBe(3)
    for (const { key } of futures) expect(key).toMatch(/^inc-[0-9a-z]+$/)
  })

  test('code is sent once, whatever uses it later', async () => {
    client.submit(inc, 1)
    client.submit(inc, 2)
    await expect.poll(() => scheduler.tasks.length).toBe(2)
    client.submit(inc, 3)
    await expect.poll(() => scheduler.tasks.length).toBe(3)
    const sent = scheduler.said.flatMap((message) => (message.op === 'update-graph' ? (message.code ?? []) : []))
    expect(sent).toHaveLength(1)
    expect(scheduler.tasks.every((task) => task.function.startsWith(sent[0]!.hash))).toBe(true)
  })

  test('futures anywhere in the arguments become what the task depends on', async () => {
    const a = client.submit(inc, 1)
    const b = client.submit(inc, 2)
    client.submit(
      (x: { list: number[]; map: Map<string, number> }, y: number) => x.list.length + y,
      {
        list: [1, a, a],
        map: new Map([['b', b]]),
      },
      5,
    )
    await expect.poll(() => scheduler.tasks.length).toBe(3)
    expect(scheduler.tasks[2]!.deps).toEqual([a.key, b.key])
    const value = decode(scheduler.tasks[2]!.args, { resolve: (key) => `value of ${key}` })
    expect(value).toEqual([
      { list: [1, `value of ${a.key}`, `value of ${a.key}`], map: new Map([['b', `value of ${b.key}`]]) },
      5,
    ])
  })

  test('what can be seen in the call is thrown by the call, and nothing is sent', async () => {
    const outside = 3
    expect(() => client.submit((x: number) => x + outside, 1)).toThrow(CaptureError)
    expect(() => client.submit((x: unknown) => x, { db: { onRow: () => {} } })).toThrow(CloneError)
    expect(() => client.submit((x: unknown) => x, { db: { onRow: () => {} } })).toThrow(/argument 1 of.*\.db\.onRow/)
    expect(() => client.with({ retrys: 3 } as never)).toThrow(/retrys.*did you mean 'retries'/)
    expect(() => client.with({ retry: 3 } as never)).toThrow("did you mean 'retries'")
    expect(() => client.submit(5 as never)).toThrow('function: must be a function; a value of type number is none')
    expect(Object.getOwnPropertySymbols(new OptionError('a', 'b'))).toEqual([])
    expect(() => client.with({ retries: -1 })).toThrow(OptionError)
    expect(() => client.with({ timeout: 'soon' as never })).toThrow(OptionError)
    await client.whoHas([]).catch(() => {})
    expect(scheduler.said).toEqual([])
  })

  test('options travel with the tasks they are for', async () => {
    const careful = client.with({ retries: 3, workers: 'alice', timeout: '2s', retryDelay: 10 })
    careful.submit(inc, 1)
    careful.with({ retries: 1, priority: 5 }).submit(inc, 2)
    client.submit(inc, 3)
    await expect.poll(() => scheduler.tasks.length).toBe(3)
    const options = scheduler.said.map((message) => (message.op === 'update-graph' ? { ...message.options } : {}))
    expect(options).toEqual([
      { retries: 3, workers: ['alice'], timeout: 2000, retry_delay: 10 },
      { retries: 1, workers: ['alice'], timeout: 2000, retry_delay: 10, priority: 5 },
      {},
    ])
  })

  test('pure calls that are equal share one task', async () => {
    const sure = client.with({ pure: true })
    const twice = [sure.submit(inc, 1), sure.submit(inc, 1)]
    const other = sure.submit(inc, 2)
    const declared = client.submit(
      pure((x: number) => x * 2),
      4,
    )
    await expect.poll(() => scheduler.tasks.length).toBe(3)
    expect(twice[0]!.key).toBe(twice[1]!.key)
    expect(other.key).not.toBe(twice[0]!.key)
    expect(declared.key).toMatch(/^lambda-[0-9a-f]{32}$/)
    scheduler.finish(twice[0]!.key, 2)
    expect(await Promise.all(twice.map((future) => future.result()))).toEqual([2, 2])
    twice[0]!.release()
    await client.whoHas([])
    expect(scheduler.released).toEqual([])
    twice[1]!.release()
    await expect.poll(() => scheduler.released).toEqual([twice[0]!.key])
  })

  test('a key that is taken by another call is refused by the call', async () => {
    const named = client.with({ key: 'mine' })
    const first = named.submit(inc, 1)
    expect(named.submit(inc, 1).key).toBe('mine')
    expect(() => named.submit(inc, 2)).toThrow(KeyConflictError)
    await expect.poll(() => scheduler.tasks.length).toBe(1)
    expect(first.status).toBe('pending')
  })
})

describe('a map', () => {
  test('is one record, whose items are walked through together', async () => {
    const shared = client.submit(inc, 0)
    const futures = client.map(
      (x: number, y: number, k: number, s: string) => x * y * k + s.length,
      [1, 2],
      new Set([3, 4]),
      shared,
      'ab',
    )
    await expect.poll(() => scheduler.maps.length).toBe(1)
    const [spec] = scheduler.maps
    expect(futures.map(({ key }) => key)).toEqual([`${spec!.prefix}-0`, `${spec!.prefix}-1`])
    expect(spec).toMatchObject({ length: 2, shared_deps: [shared.key] })
    expect(spec!.deps.size).toBe(0)
    scheduler.finish(futures[1]!.key, 'two')
    expect(await futures[1]!.result()).toBe('two')
    expect(futures[0]!.status).toBe('pending')
  })

  test('futures in lists are inputs of their items alone', async () => {
    const [a, b] = client.map(inc, [1, 2])
    const sums = client.map((x: number, y: number) => x + y, [a!, 5], [7, b!])
    await expect.poll(() => scheduler.maps.length).toBe(2)
    expect(scheduler.maps[1]!.deps).toEqual(
      new Map([
        [0, [a!.key]],
        [1, [b!.key]],
      ]),
    )
    expect(sums).toHaveLength(2)
  })

  test('lists of different lengths, and no list at all, are errors of the call', () => {
    expect(() => client.map((x: number, y: number) => x + y, [1, 2], [1])).toThrow(/2 and 1/)
    expect(() => client.map(inc, 5)).toThrow(/needs a list/)
    expect(client.map(inc, [])).toEqual([])
  })

  test('text, typed arrays and Maps are single values', async () => {
    client.map(
      (_: number, s: string, t: Float64Array, m: Map<string, number>) => s.length + t.length + m.size,
      [1, 2, 3],
      'abcd',
      new Float64Array(2),
      new Map(),
    )
    await expect.poll(() => scheduler.maps[0]?.length).toBe(3)
  })

  test('equal pure maps share their tasks', async () => {
    const sure = client.with({ pure: true })
    const first = sure.map(inc, [1, 2])
    const second = sure.map(inc, [1, 2])
    expect(second.map(({ key }) => key)).toEqual(first.map(({ key }) => key))
    for (const future of first) future.release()
    await client.whoHas([])
    expect(scheduler.maps).toHaveLength(1)
    expect(scheduler.released).toEqual([])
    for (const future of second) future.release()
    await expect.poll(() => scheduler.released.length).toBe(2)
  })

  test('one with many bytes of arguments leaves in parts, its futures in order', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i}:${'x'.repeat(2 ** 20)}`)
    const futures = client.map((text: string) => text.length, texts)
    await expect.poll(() => scheduler.maps.reduce((sum, { length }) => sum + length, 0)).toBe(20)
    expect(scheduler.maps.length).toBeGreaterThan(1)
    expect(futures.map(({ key }) => key)).toEqual(
      scheduler.maps.flatMap(({ prefix, length }) => Array.from({ length }, (_, i) => `${prefix}-${i}`)),
    )
  })
})

describe('a result', () => {
  test('that came along needs no further message, and is a copy each time', async () => {
    const future = await submitted()
    scheduler.finish(future.key, { list: [1] })
    const [first, second] = [await future.result(), await future.result()]
    expect(first).toEqual({ list: [1] })
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
    expect(scheduler.asked).toEqual([])
    expect(future.status).toBe('finished')
    expect(future.done()).toBe(true)
  })

  test('is fetched from its worker, many from one in one request', async () => {
    const alice = await worker()
    const futures = client.map(inc, [1, 2, 3])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    for (const [i, { key }] of futures.entries()) {
      alice.put(key, i * 10)
      scheduler.finishAt(key, alice)
    }
    expect(await client.gather(futures)).toEqual([0, 10, 20])
    expect(alice.asked).toEqual([`get_data ${futures.map(({ key }) => key).join(' ')}`])
  })

  test('comes from another holder when one is gone or has it no more', async () => {
    const [alice, bob, carol] = [await worker(), await worker('bob'), await worker('carol')]
    const future = await submitted()
    carol.put(future.key, 7)
    await alice.close()
    scheduler.finishAt(future.key, alice, bob, carol)
    expect(await future.result()).toBe(7)
  })

  test('of a busy worker is asked for again', async () => {
    const alice = await worker()
    alice.busy = 2
    const future = await submitted()
    alice.put(future.key, 7)
    scheduler.finishAt(future.key, alice)
    expect(await future.result()).toBe(7)
    expect(alice.asked).toHaveLength(3)
  })

  test('that was lost is waited for again', async () => {
    const [alice, bob] = [await worker(), await worker('bob')]
    const future = await submitted()
    scheduler.finishAt(future.key, alice)
    const result = future.result()
    await expect.poll(() => alice.asked.length).toBeGreaterThan(0)
    scheduler.say({ op: 'lost-data', key: future.key })
    await expect.poll(() => future.status).toBe('lost')
    bob.put(future.key, 9)
    scheduler.finishAt(future.key, bob)
    expect(await result).toBe(9)
  })

  test('that is waited for too long ends in an error, while the task goes on', async () => {
    const future = await submitted()
    await expect(future.result({ timeout: 10 })).rejects.toThrow(/the task goes on/)
    const controller = new AbortController()
    const waiting = future.result({ signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toBeInstanceOf(WaitTimeoutError)
    scheduler.finish(future.key, 2)
    expect(await future.result({ timeout: '1s' })).toBe(2)
  })
})

describe('a failure', () => {
  test('comes with its class and its fields, and its stack leads to who submitted it', async () => {
    const future = await submitted()
    const thrown = Object.assign(new RangeError('too far'), {
      row: 3,
      stack: 'RangeError: too far\n    at far (app.ts:3:1)',
    })
    scheduler.fail(future.key, thrown)
    const error = (await future.exception()) as RangeError & { row: number }
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'too far', row: 3 })
    expect(error.stack).toMatch(
      /^RangeError: too far\n {4}at far \(app\.ts:3:1\)\n {4}at submitted \(.*client\.test\.ts/,
    )
    await expect(future.result()).rejects.toBe(error)
    expect(future.status).toBe('error')
  })

  test('of an input says which task did not run', async () => {
    const input = await submitted()
    const total = client.submit(inc, input)
    scheduler.fail(input.key, new Error('bad'))
    scheduler.fail(total.key, new Error('bad'), input.key)
    const error = (await total.exception()) as Error
    expect(error.stack).toContain(`— needed by '${total.key}', which did not run —`)
  })

  test('that nobody looks at is logged once, when its future goes', async () => {
    const input = await submitted()
    const total = client.submit(inc, input)
    scheduler.fail(input.key, new Error('bad'))
    scheduler.fail(total.key, new Error('bad'), input.key)
    await expect.poll(() => total.status).toBe('error')
    expect(logger.warn).not.toHaveBeenCalled()
    total.release()
    input.release()
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(logger.warn.mock.calls[0]![0]).toContain(input.key)
  })

  test('that was looked at is not logged, nor what failed because of it', async () => {
    const input = await submitted()
    const total = client.submit(inc, input)
    scheduler.fail(input.key, new Error('bad'))
    scheduler.fail(total.key, new Error('bad'), input.key)
    await expect(total.result()).rejects.toThrow('bad')
    total.release()
    input.release()
    expect(logger.warn).not.toHaveBeenCalled()
  })

  test('can be tried again', async () => {
    const future = await submitted()
    scheduler.fail(future.key, new Error('bad'))
    await future.exception()
    await client.retry(future)
    const result = future.result()
    await expect.poll(() => scheduler.ops()).toContain('retry')
    scheduler.finish(future.key, 5)
    expect(await result).toBe(5)
  })
})

describe('letting go', () => {
  test('a released future is told to the scheduler, once, after its submission', async () => {
    const future = client.submit(inc, 1)
    future.release()
    future.release()
    await expect.poll(() => scheduler.ops()).toEqual(['update-graph', 'client-releases-keys'])
    expect(scheduler.released).toEqual([future.key])
    await expect(future.result()).rejects.toThrow(/released/)
    expect(() => client.submit(inc, future)).toThrow(/released/)
  })

  test('cancelling rejects pending calls at once', async () => {
    const future = await submitted()
    const waiting = future.result()
    await future.cancel({ reason: 'no longer needed' })
    await expect(waiting).rejects.toThrow(CancelledError)
    await expect(future.result()).rejects.toThrow(/no longer needed/)
    expect(future.status).toBe('cancelled')
    await expect
      .poll(() => scheduler.said.at(-1))
      .toMatchObject({ op: 'cancel-keys', keys: [future.key], force: false })
    scheduler.finish(future.key, 2)
    await client.whoHas([])
    expect(future.status).toBe('cancelled')
  })

  test('a cancelled key may be used again', async () => {
    const named = client.with({ key: 'again' })
    await named.submit(inc, 1).cancel()
    const second = named.submit(inc, 2)
    await expect.poll(() => scheduler.tasks.length).toBe(2)
    scheduler.finish('again', 3)
    expect(await second.result()).toBe(3)
  })

  test('what the scheduler cancels says why', async () => {
    const future = client.future('nowhere')
    await expect.poll(() => scheduler.said).toEqual([{ op: 'client-desires-keys', keys: ['nowhere'] }])
    scheduler.say({ op: 'cancelled-keys', keys: ['nowhere'], reason: 'unknown-key', msg: 'nobody knows it' })
    await expect(future.result()).rejects.toMatchObject({
      code: 'HEDDLE_UNKNOWN_KEY',
      message: "'nowhere': nobody knows it",
    })
  })

  test('a restart cancels every future', async () => {
    const futures = [await submitted(), ...client.map(inc, [1, 2])]
    const waiting = client.gather(futures)
    scheduler.say({ op: 'restart' })
    await expect(waiting).rejects.toThrow(/restarted/)
    expect(futures.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  })
})

describe('a restart', () => {
  test('gives the workers that are there', async () => {
    expect(await client.restart({ timeout: '2s' })).toEqual(['tcp://127.0.0.1:1'])
    await client.restart({ waitForWorkers: false })
    const asked = scheduler.asked.filter(({ op }) => op === 'restart').map(({ ask }) => ask.timeout)
    expect(asked).toEqual([2000, 0])
  })

  test('names the workers that are not back in time', async () => {
    scheduler.restarted.missing = ['alice', 'bob']
    const late = {
      code: 'HEDDLE_WAIT_TIMEOUT',
      message: expect.stringMatching(/2 have not come back within 5 s: alice, bob/),
    }
    await expect(client.restart({ timeout: '5s' })).rejects.toMatchObject(late)
    await client.restart({ waitForWorkers: false })
  })
})

describe('many futures', () => {
  test('are gathered in the shape in which they are given', async () => {
    const [a, b] = client.map(inc, [1, 2])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    scheduler.finish(a!.key, 2)
    scheduler.finish(b!.key, 3)
    const when = new Date(0)
    const shape = { a, list: [b, [a], 'x'], map: new Map([['b', b]]), set: new Set([a]), when }
    expect(await client.gather(shape)).toEqual({
      a: 2,
      list: [3, [2], 'x'],
      map: new Map([['b', 3]]),
      set: new Set([2]),
      when,
    })
  })

  test('a failure ends a gather at once, or is skipped', async () => {
    const [a, b, c] = client.map(inc, [1, 2, 3])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    scheduler.fail(b!.key, new Error('bad'))
    await expect(client.gather([a, b, c])).rejects.toThrow('bad')
    scheduler.finish(a!.key, 2)
    scheduler.finish(c!.key, 4)
    expect(await client.gather([a, b, c], { errors: 'skip' })).toEqual([2, undefined, 4])
  })

  test('come in the order in which they end', async () => {
    const [a, b, c] = client.map(inc, [1, 2, 3])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    const completed = client.asCompleted([a!, b!])
    scheduler.finish(b!.key, 3)
    expect((await completed.next()).value).toBe(b)
    completed.add(c!)
    scheduler.fail(c!.key, new Error('bad'))
    expect((await completed.next()).value).toBe(c)
    const last = completed.next()
    scheduler.finish(a!.key, 2)
    expect((await last).value).toBe(a)
    expect(await completed.next()).toEqual({ done: true, value: undefined })
  })

  test('can be waited for, all or the first', async () => {
    const [a, b] = client.map(inc, [1, 2])
    await expect.poll(() => scheduler.maps.length).toBe(1)
    scheduler.finish(b!.key, 3)
    expect(await client.wait([a!, b!], { returnWhen: 'first' })).toEqual({ done: [b], notDone: [a] })
    await expect(client.wait([a!, b!], { timeout: 5 })).rejects.toThrow(WaitTimeoutError)
    scheduler.fail(a!.key, new Error('bad'))
    expect((await client.wait([a!, b!])).done).toHaveLength(2)
    await a!.exception()
  })
})

describe('scattering', () => {
  test('spreads values over the workers in one message each', async () => {
    const [alice, bob] = [await worker('alice'), await worker('bob')]
    const futures = await client.scatterAll([1, 2, 3, 4])
    expect(futures.every(({ status }) => status === 'finished')).toBe(true)
    expect([alice.asked, bob.asked]).toEqual([['update_data 2'], ['update_data 2']])
    expect(scheduler.asked.at(-1)).toMatchObject({ op: 'add_keys', ask: { client: scheduler.clientId } })
    expect(await client.gather(futures)).toEqual([1, 2, 3, 4])
  })

  test('names of a record are keys; content may be', async () => {
    await worker()
    const { x } = await client.scatterAll({ x: 10 })
    expect(x.key).toBe('x')
    const [a, b] = [await client.scatter([1, 2], { hash: true }), await client.scatter([1, 2], { hash: true })]
    expect(a.key).toBe(b.key)
    expect((await client.scatter([1, 2])).key).not.toBe((await client.scatter([1, 2])).key)
  })

  test('broadcasts, or goes to the workers that are named', async () => {
    const [alice, bob] = [await worker('alice'), await worker('bob')]
    const all = await client.scatter(1, { broadcast: true })
    const one = await client.scatter(2, { workers: 'bob' })
    expect([...alice.data.keys()]).toEqual([all.key])
    expect([...bob.data.keys()]).toEqual([all.key, one.key])
    await expect(client.scatter(1, { workers: 'dave' })).rejects.toThrow(/no worker is called dave; there are: alice/)
    await expect(client.scatter(1, { brodcast: true } as never)).rejects.toThrow(/did you mean 'broadcast'/)
  })
})

describe('the connection', () => {
  test('when it is lost, pending and later calls are refused at once', async () => {
    const future = await submitted()
    const waiting = [future.result(), client.gather([future]), client.asCompleted([future]).next()]
    await scheduler.die()
    for (const call of waiting) await expect(call).rejects.toBeInstanceOf(SchedulerLostError)
    expect(() => client.submit(inc, 1)).toThrow(SchedulerLostError)
    await expect(future.result()).rejects.toMatchObject({ code: 'HEDDLE_SCHEDULER_LOST' })
    await expect(client.workers()).rejects.toBeInstanceOf(SchedulerLostError)
  })

  test('closing says goodbye and rejects what is pending', async () => {
    const future = await submitted()
    const waiting = future.result()
    const closing = client.close()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
    await closing
    await expect.poll(() => scheduler.ops().at(-1)).toBe('close-client')
    expect(() => client.submit(inc, 1)).toThrow(ClosedError)
    await client.close()
  })

  test('a client, and what it gives, print as what they are and show no secrets', () => {
    const careful = client.with({ retries: 3, env: { TOKEN: 'secret' } }).with({ timeout: '1s' })
    expect(inspect(careful)).toBe(
      `Submitter(${client.id} at ${client.address}, with { retries: 3, timeout: '1s', env: [ 'TOKEN' ] })`,
    )
    expect(inspect(client)).toBe(`Client(${client.id} at ${client.address})`)
    expect(inspect(client.submit(inc, 1))).toMatch(/^Future\(inc-\w+, pending\)$/)
  })

  test('a wrong address is an error in time', async () => {
    await expect(Client.connect('tcp://127.0.0.1:1', { timeout: 200 })).rejects.toBeInstanceOf(ConnectError)
    await expect(Client.connect('nonsense')).rejects.toBeInstanceOf(OptionError)
    await expect(Client.connect(scheduler.address, { tiemout: 3 } as never)).rejects.toThrow(/did you mean 'timeout'/)
  })

  test('notes of the scheduler are logged', async () => {
    scheduler.say({ op: 'note', code: 'HEDDLE_WORKER_LOST', msg: 'w2 was killed by SIGKILL' })
    await expect.poll(() => logger.warn.mock.calls[0]?.[0]).toBe('[HEDDLE_WORKER_LOST] w2 was killed by SIGKILL')
  })
})
