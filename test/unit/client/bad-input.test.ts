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
