/** What a user gets wrong is an error of the call that says what, where and what to do; nothing of it is registered. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ref } from '../../../src/client/ref.js'
import { inc, Network } from './network.js'

let network: Network

beforeEach(async () => {
  network = await Network.start()
})

afterEach(async () => {
  await network.isUndisturbed()
  await network.close()
})

/** As a program without types would call it. */
const untyped = (value: unknown) => value as never

/** The error of a call, whether it throws or rejects. */
async function errorOf(call: () => unknown): Promise<Error & { code?: string }> {
  try {
    await call()
  } catch (error) {
    return error as Error
  }
  throw new Error('it was accepted')
}

/** Code and text of the error. */
async function complaint(call: () => unknown): Promise<string> {
  const { code, message } = await errorOf(call)
  return `${code}: ${message}`
}

describe('a graph', () => {
  test('whose entries need each other is refused with their names', async () => {
    const { client } = network
    const graph = { a: [inc, ref('c')], b: [inc, ref('a')], c: [inc, ref('b')], d: [inc, 1] } as const
    expect(await complaint(() => client.get(graph, 'd'))).toBe(
      'HEDDLE_GRAPH: these entries need each other: a → c → b → a',
    )
    expect(await complaint(() => client.get({ a: [inc, ref('a')] } as const, 'a'))).toContain('a → a')
    expect(network.known).toBe(0)
  })

  test('that refers to what is not in it is refused, with who refers to what', async () => {
    expect(await complaint(() => network.client.get({ a: [inc, ref('z')], b: [inc, 1] } as const, 'b'))).toBe(
      "HEDDLE_GRAPH: 'a' refers to 'z', which is not in the graph; there are a, b",
    )
  })

  test('that lacks what is asked for is refused, with what it has', async () => {
    const { client } = network
    expect(await complaint(() => client.get({ a: [inc, 1] }, untyped('x')))).toBe(
      "HEDDLE_GRAPH: 'x' is not in the graph; there are a",
    )
    expect(await complaint(() => client.get({ a: [inc, 1] }, untyped('toString')))).toContain('is not in the graph')
    expect(await complaint(() => client.get({}, untyped('x')))).toContain('there is nothing in it')
  })

  test('that is none, or names that are none, are refused', async () => {
    const { client } = network
    for (const graph of [null, 5, 'a', [[inc, 1]]])
      expect(await complaint(() => client.get(untyped(graph), untyped('a')))).toBe(
        'HEDDLE_OPTION: graph: must be a record of entries by name, as in { a: [fn, 1] }',
      )
    for (const names of [3, null, [1], {}])
      expect(await complaint(() => client.get({ a: [inc, 1] }, untyped(names)))).toContain('HEDDLE_OPTION: names: must')
  })

  test('with a function that is not called says how it is called', async () => {
    expect(await complaint(() => network.client.get(untyped({ a: inc }), untyped('a')))).toBe(
      "HEDDLE_GRAPH: 'a' is a function alone. Its call is a list: [fn, ...arguments]",
    )
  })

  test('with an argument that cannot travel says which', async () => {
    const graph = { a: [(x: unknown) => x, { deep: [Promise.resolve(1)] }] } as const
    expect(await complaint(() => network.client.get(graph, 'a'))).toContain('argument 1 of')
  })

  test('may hold values as they stand, other names for entries, and lists of them', async () => {
    const graph = { n: 1, again: ref('n'), two: [inc, ref('again')], all: [ref('n'), ref('two')], none: [] } as const
    expect(await network.client.get(graph, ['n', 'again', 'two', 'all', 'none'])).toEqual([1, 1, 2, [1, 2], []])
  })

  test('may be asked for one thing twice, or for nothing', async () => {
    const { client } = network
    expect(await client.get({ a: [inc, 1] }, ['a', 'a'])).toEqual([2, 2])
    expect(await client.get({ a: [inc, 1] }, [])).toEqual([])
    expect(await client.get({}, [])).toEqual([])
  })

  test('may use any names', async () => {
    const names = ['__proto__', 'constructor', '', 'ein Name', '🧵', 'x'.repeat(1000)]
    const graph = Object.fromEntries(names.map((name, i) => [name, [inc, i]]))
    expect(await network.client.get(graph as never, names as never)).toEqual(names.map((_, i) => i + 1))
  })
})

describe('an option', () => {
  test('of tasks that is no such thing is refused with its name, what it must be and what it is', async () => {
    const { client } = network
    const wrong: [object, string][] = [
      [{ retries: -1 }, 'retries: must be a whole number from 0, is -1'],
      [{ retries: 1.5 }, 'retries: must be a whole number from 0, is 1.5'],
      [{ retries: Number.NaN }, 'retries: must be a whole number from 0, is NaN'],
      [{ retries: Number.POSITIVE_INFINITY }, 'retries: must be a whole number from 0, is Infinity'],
      [{ retries: '3' }, "retries: must be a whole number from 0, is '3'"],
      [{ priority: Number.NaN }, 'priority: must be a number, is NaN'],
      [{ priority: 'high' }, "priority: must be a number, is 'high'"],
      [{ priority: null }, 'priority: must be a number, is null'],
      [{ resources: { gpu: -1 } }, 'resources.gpu: must be a number from 0, as in { gpu: 1 }, is -1'],
      [{ resources: { gpu: Number.NaN } }, 'resources.gpu: must be a number from 0, as in { gpu: 1 }, is NaN'],
      [{ resources: { gpu: '1' } }, "resources.gpu: must be a number from 0, as in { gpu: 1 }, is '1'"],
      [{ resources: { '': 1 } }, 'resources: has one without a name'],
      [{ resources: ['gpu'] }, 'resources: must be a number from 0 by name, as in { gpu: 1 }, is a list of 1'],
      [{ workers: [] }, 'workers: must name at least one worker; leave it out for all'],
      [{ workers: 3 }, 'workers: must be a name, an address or a host, or a list of them; 3 is none'],
      [{ workers: ['a', ''] }, "workers: must be a name, an address or a host, or a list of them; '' is none"],
      [{ timeout: -1 }, 'timeout: -1 is no duration'],
      [{ timeout: 'soon' }, "timeout: 'soon' is no duration"],
      [{ timeout: 0 }, 'timeout: must be more than 0'],
      [{ retryDelay: '-1s' }, "retryDelay: '-1s' is no duration"],
      [{ key: '' }, 'key: must not be empty'],
      [{ key: 7 }, 'key: must be a text, is 7'],
      [{ key: 'k'.repeat(5000) }, 'key: has 5000 characters; a key has at most 4096'],
      [{ key: 'k', pure: true }, 'key: a pure call has the key that its content gives'],
      [{ effect: 1 }, 'effect: must be true or false, is 1'],
      [{ env: { MODE: 1 } }, "env.MODE: must be a text, as in { MODE: 'fast' }, is 1"],
      [{ isolation: 'vm' }, "isolation: must be 'thread' or 'process', is 'vm'"],
      [{ retry: 3 }, "retry: unknown; did you mean 'retries'?"],
    ]
    for (const [options, text] of wrong)
      expect(await complaint(() => client.with(untyped(options)))).toContain(`HEDDLE_OPTION: ${text}`)
    for (const none of [null, 5, 'retries', []])
      expect(await complaint(() => client.with(untyped(none)))).toBe('HEDDLE_OPTION: options: must be an object')
  })

  test('of a call that waits, cancels, gathers or scatters is checked before anything is sent', async () => {
    const { client } = network
    const future = client.submit(inc, 1)
    const wrong: [() => unknown, string][] = [
      [() => future.result(untyped({ timeot: 5 })), "timeot: unknown; did you mean 'timeout'?"],
      [() => future.result({ timeout: -5 }), 'timeout: -5 is no duration'],
      [() => future.exception(untyped({ signal: 5 })), 'signal: must be an AbortSignal, is 5'],
      [() => client.wait([future], untyped({ returnWhen: 'some' })), "returnWhen: must be 'all' or 'first'"],
      [() => client.gather([future], untyped({ errors: 'ignore' })), "errors: must be 'raise' or 'skip'"],
      [() => client.cancel(future, untyped({ forse: true })), "forse: unknown; did you mean 'force'?"],
      [() => client.cancel(future, untyped({ reason: 5 })), 'reason: must be a text, is 5'],
      [() => future.cancel(untyped({ force: 'yes' })), "force: must be true or false, is 'yes'"],
      [() => client.scatter(1, untyped({ broadcst: true })), "broadcst: unknown; did you mean 'broadcast'?"],
      [() => client.scatter(1, untyped({ broadcast: 'yes' })), "broadcast: must be true or false, is 'yes'"],
      [() => client.scatter(1, { workers: [] }), 'workers: must name at least one worker'],
      [() => client.replicate(future, { n: 0 }), 'n: must be a whole number from 1, is 0'],
      [() => client.replicate(future, { n: 1.5 }), 'n: must be a whole number from 1, is 1.5'],
      [() => client.imap(inc, [1], { maxInFlight: 0 }).next(), 'maxInFlight: must be a whole number from 1, is 0'],
    ]
    for (const [call, text] of wrong) expect(await complaint(call)).toContain(`HEDDLE_OPTION: ${text}`)
    expect(await future.result()).toBe(2)
    future.release()
  })
})

describe('what is to be called', () => {
  test('must be a function that can travel', async () => {
    const { client } = network
    class Machine {}
    const wrong: [unknown, string][] = [
      [
        undefined,
        'HEDDLE_OPTION: function: must be a function; a value of type undefined is none. Of a module, only exported functions',
      ],
      [inc(1), 'HEDDLE_OPTION: function: must be a function; a value of type number is none'],
      ['inc', 'HEDDLE_OPTION: function: must be a function; a value of type string is none'],
      [Machine, "HEDDLE_FUNCTION: 'Machine' is a class, which is not called but made"],
      [Math.max, "HEDDLE_FUNCTION: 'max' is native and has no source that could travel"],
      [inc.bind(null), 'HEDDLE_FUNCTION:'],
    ]
    for (const [fn, text] of wrong) {
      expect(await complaint(() => client.submit(untyped(fn)))).toContain(text)
      expect(await complaint(() => client.map(untyped(fn), [1] as never))).toContain(text)
    }
  })

  test('must be given what can travel', async () => {
    const { client } = network
    const show = (value: unknown) => String(value)
    expect(await complaint(() => client.submit(show, Promise.resolve(1)))).toContain('Await it first.')
    expect(await complaint(() => client.submit(show, { f: inc }))).toContain('.f is a function (inc)')
    expect(await complaint(() => client.map(inc, untyped(5)))).toContain('needs a list to walk through')
    expect(await complaint(() => client.map(untyped(inc)))).toContain('needs a list to walk through')
    const add = (a: number, b: number) => a + b
    expect(await complaint(() => client.map(add, [1], [1, 2]))).toContain('its lists have 1 and 2 items')
    expect(await complaint(() => client.imap(inc, untyped(5)).next())).toContain('source: must be a list, an iterator')
    expect(client.map(inc, [])).toEqual([])
  })
})

describe('a key', () => {
  test('for other work of this client is refused by the call', async () => {
    const { client } = network
    const named = client.with({ key: 'k' })
    const future = named.submit(inc, 1)
    expect(await complaint(() => named.submit(inc, 2))).toMatch(/^HEDDLE_KEY_CONFLICT: 'k' is the name of another call/)
    expect(await future.result()).toBe(2)
    future.release()
    const map = named.map(inc, [1, 2])
    expect(await complaint(() => named.map(inc, [3, 4]))).toMatch(
      /^HEDDLE_KEY_CONFLICT: 'k' is the name of another map/,
    )
    expect(await client.gather(map)).toEqual([2, 3])
    for (const one of map) one.release()
  })

  test('for other work of another client is refused, and free when that is released', async () => {
    const { client, other } = network
    const theirs = client.with({ key: 'k' }).submit(inc, 1)
    expect(await theirs.result()).toBe(2)
    const mine = other.with({ key: 'k' }).submit(inc, 2)
    expect(await complaint(() => mine.result())).toMatch(
      /^HEDDLE_KEY_CONFLICT: the key 'k' is in use \(memory\) for other work/,
    )
    mine.release()
    theirs.release()
    await expect.poll(() => network.known).toBe(0)
    const again = other.with({ key: 'k' }).submit(inc, 2)
    expect(await again.result()).toBe(3)
    again.release()
  })

  test('that is refused harms nothing that was submitted in the same turn', async () => {
    const { client, other } = network
    const theirs = client.with({ key: 'k' }).submit(inc, 1)
    expect(await theirs.result()).toBe(2)
    const before = other.submit(inc, 10)
    const refused = other.with({ key: 'k' }).submit(inc, 2)
    const needs = other.submit(inc, refused)
    const map = other.map(inc, [before, 20])
    const after = other.submit((list: number[]) => list.length, map)
    expect(await complaint(() => refused.result())).toMatch(/^HEDDLE_KEY_CONFLICT/)
    // What stands for that key is another's value, and there.
    expect(await needs.result()).toBe(3)
    expect(await other.gather({ before, map, after })).toEqual({ before: 11, map: [12, 21], after: 2 })
    for (const future of [theirs, before, refused, needs, ...map, after]) future.release()
  })

  test('of a task is not the name of data, and what was put beside it is let go', async () => {
    const { client, other } = network
    const task = client.with({ key: 'k' }).submit(inc, 1)
    expect(await task.result()).toBe(2)
    expect(await complaint(() => client.scatterAll({ j: 1, k: 5 }))).toMatch(
      /^HEDDLE_KEY_CONFLICT: 'k' is the key of a task of this client/,
    )
    expect(await complaint(() => other.scatterAll({ j: 1, k: 5 }))).toMatch(
      /^HEDDLE_KEY_CONFLICT: 'k' is the key of a task: its result cannot be overwritten/,
    )
    await expect.poll(() => network.known).toBe(1)
    const after = other.submit(inc, task)
    expect(await after.result()).toBe(3)
    after.release()
    task.release()
  })

  test('of data may be given to other data', async () => {
    const { client } = network
    const { x } = await client.scatterAll({ x: 1 })
    const { x: y } = await client.scatterAll({ x: 2 })
    expect(await client.gather([x, y])).toEqual([2, 2])
    x.release()
    y.release()
  })

  test('that nobody knows is said to be unknown', async () => {
    const { client } = network
    const future = client.future('nope')
    expect(await complaint(() => future.result())).toMatch(/^HEDDLE_UNKNOWN_KEY: 'nope': nobody here knows that key/)
    future.release()
    expect(await complaint(() => client.replicate('nope'))).toBe("HEDDLE_UNKNOWN_KEY: no worker has 'nope'")
    expect(await complaint(() => client.rebalance('nope'))).toBe("HEDDLE_UNKNOWN_KEY: no worker has 'nope'")
    expect(await client.story('nope')).toEqual([])
    expect(await client.explain('nope')).toMatchObject({ state: 'unknown' })
    expect([...(await client.whoHas('nope'))]).toEqual([['nope', []]])
  })

  test('must be a text', async () => {
    const { client } = network
    for (const call of ['future', 'story', 'explain'] as const)
      expect(await complaint(() => client[call](untyped(4)))).toBe('HEDDLE_OPTION: key: must be a text, is 4')
    expect(await complaint(() => client.whoHas(untyped(4)))).toContain('keys: must be a future, a key, or a list')
    expect(await complaint(() => client.whoHas(untyped([4])))).toBe('HEDDLE_OPTION: key: must be a text, is 4')
    expect(await complaint(() => client.future(''))).toBe('HEDDLE_OPTION: key: must not be empty')
    expect(await complaint(() => client.scatterAll({ ['k'.repeat(5000)]: 1 }))).toContain('a key has at most 4096')
  })
})

describe('a future', () => {
  test('that was released is of no use, and that is said', async () => {
    const { client } = network
    const future = client.submit(inc, 1)
    future.release()
    const calls: (() => unknown)[] = [
      () => future.result(),
      () => future.exception(),
      () => future.cancel(),
      () => client.submit(inc, future),
      () => client.map(inc, [future]),
      () => client.gather({ a: [future] }),
      () => client.wait([future]),
      () => client.cancel(future),
      () => client.retry([future]),
      () => client.asCompleted([future]),
    ]
    for (const call of calls) expect(await complaint(call)).toMatch(/^HEDDLE_RELEASED: inc-\w+ was released: it /)
  })

  test('is what calls that take futures want', async () => {
    const { client } = network
    for (const call of ['wait', 'cancel', 'retry', 'asCompleted'] as const) {
      for (const none of [5, null, 'k', {}])
        expect(await complaint(() => client[call](untyped(none)))).toContain('futures: must be a future or a list')
      for (const none of [1, undefined, 'k', Promise.resolve()])
        expect(await complaint(() => client[call](untyped([none])))).toContain(
          'futures: must be futures, as submit and',
        )
    }
  })

  test('of another client is as good as one of this', async () => {
    const { client, other } = network
    const theirs = other.submit(inc, 1)
    expect(await client.gather([theirs])).toEqual([2])
    const mine = client.submit(inc, theirs)
    expect(await mine.result()).toBe(3)
    mine.release()
    theirs.release()
  })

  test('that another client has released, or another scheduler has, is not known here', async () => {
    const { client, other } = network
    const gone = other.submit(inc, 1)
    const needs = client.submit(inc, gone)
    gone.release()
    const elsewhere = await Network.start()
    const stranger = elsewhere.client.submit(inc, 1)
    const lost = client.submit(inc, stranger)
    expect(await complaint(() => lost.result())).toMatch(
      /^HEDDLE_DATA_LOST: inc-\w+ needs inc-\w+, which nobody here knows: it was released, or is a result of another sch/,
    )
    await client.wait([needs])
    for (const future of [needs, lost, stranger]) future.release()
    await elsewhere.close()
  })
})

test('a worker that is not there is named, with those that are', async () => {
  const { client } = network
  const calls: (() => unknown)[] = [
    () => client.scatter(1, { workers: 'bob' }),
    () => client.with({ workers: 'bob' }).run(() => 1),
    () => client.retireWorkers('bob'),
  ]
  for (const call of calls)
    expect(await complaint(call)).toMatch(/^HEDDLE_NO_WORKER: no worker is called bob; there are: alice \(tcp:/)
})

test('a task for a worker or a resource that is not there waits, and explains itself', async () => {
  const { client } = network
  const restricted = client.with({ workers: 'bob' }).submit(inc, 1)
  const greedy = client.with({ resources: { gpu: 1 } }).submit(inc, 1)
  await expect.poll(() => network.scheduler.tasks()['no-worker']).toBe(2)
  expect(await client.explain(restricted)).toMatchObject({ obstacle: 'restriction' })
  expect(await client.explain(greedy)).toMatchObject({ obstacle: 'resource-missing' })
  restricted.release()
  greedy.release()
})

test('a client that is closed says so, whatever is called', async () => {
  const { scheduler } = network
  const { Client } = await import('../../../src/client/client.js')
  const client = await Client.connect(scheduler.address)
  const future = client.submit(inc, 1)
  await client.close()
  const calls: (() => unknown)[] = [
    () => client.submit(inc, 1),
    () => client.map(inc, [1]),
    () => client.get({ a: [inc, 1] }, 'a'),
    () => client.imap(inc, [1]).next(),
    () => client.gather([future]),
    () => client.scatter(1),
    () => client.wait([future]),
    () => client.asCompleted([future]),
    () => client.future('x'),
    () => client.whoHas(),
    () => client.run(() => 1),
    () => client.cancel(future),
    () => client.retry(future),
    () => client.setup(() => {}),
    () => client.restart(),
    () => future.result(),
  ]
  for (const call of calls) expect(await complaint(call)).toBe('HEDDLE_CLOSED: the client is closed')
  await client.close()
})

test('an address that is none is refused at once', async () => {
  const { Client } = await import('../../../src/client/client.js')
  for (const address of ['', 'nowhere', 'http://127.0.0.1:1', '127.0.0.1:99999', null, {}, 5])
    expect(await complaint(() => Client.connect(untyped(address)))).toMatch(/^HEDDLE_OPTION: address: /)
})
