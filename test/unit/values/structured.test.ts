import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'

const back = (value: unknown) => decode(encode(value))

const nullObject = (fields: object) => Object.assign(Object.create(null), fields)

const sparse = (length: number, items: Record<number, unknown>) => Object.assign(new Array(length), items)

// A thunk each, so that no test sees what another one touched.
const VALUES: Record<string, () => unknown> = {
  null: () => null,
  undefined: () => undefined,
  true: () => true,
  'a small integer': () => 7,
  'a negative integer': () => -1,
  'every width of integer': () => [
    -33,
    127,
    128,
    255,
    256,
    65535,
    65536,
    2 ** 31,
    2 ** 32,
    -(2 ** 31) - 1,
    2 ** 53 - 1,
  ],
  'numbers beyond the safe integers': () => [2 ** 53, -(2 ** 53), 1e300, 5e-324],
  'NaN and infinities': () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  'minus zero': () => -0,
  'minus zero in a list of numbers': () => [-0, ...Array.from({ length: 40 }, (_, i) => i / 2)],
  'a long list of small integers': () => Array.from({ length: 1000 }, (_, i) => i),
  'a bigint of any size': () => [0n, -1n, 255n, 256n, 2n ** 64n, -(2n ** 1000n)],
  'text in every length': () => ['', 'a', 'b'.repeat(31), 'c'.repeat(32), 'd'.repeat(300), 'e'.repeat(70000)],
  'text in every script': () => ['é', '日本語', '😀', 'é'.repeat(500), `${'a'.repeat(200)}😀`],
  'lone surrogates': () => ['\ud83d', 'a\udc00b', { '\ud800': 1 }],
  'text cut in the middle of a window': () => Array.from({ length: 3000 }, (_, i) => `text ${i}`),
  'an empty list': () => [],
  'a list of lists': () => [[], [[1]], [[2, [3]]]],
  'holes at the front, within and at the end': () => sparse(6, { 1: 1, 3: 2 }),
  'a list that is only holes': () => new Array(5),
  'a list with properties of its own': () => Object.assign(['ab', 'b'], { index: 1, input: 'cab' }),
  'the match of a regular expression': () => /(?<x>b)c/.exec('abcd'),
  'a long list with a property': () =>
    Object.assign(
      Array.from({ length: 500 }, (_, i) => i),
      { note: 'x' },
    ),
  'a long list of everything': () => Array.from({ length: 500 }, (_, i) => (i % 2 ? { i } : [i])),
  'an empty object': () => ({}),
  'an object in an object': () => ({ a: { b: { c: 1 } }, d: undefined }),
  'keys that look like numbers': () => ({ 1: 'a', 0: 'b', x: 'c' }),
  'many keys': () => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i])),
  'a key __proto__': () => JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'),
  'keys constructor and toString': () => ({ constructor: 1, toString: 2, hasOwnProperty: 3 }),
  'rows of the same keys': () => Array.from({ length: 100 }, (_, i) => ({ id: i, name: `row ${i}`, tags: [i] })),
  'rows whose keys differ in order': () => [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1, b: 2 }, { a: 3 }],
  'objects within objects of the same keys': () => [
    { a: { a: { a: 1, b: 2 }, b: [{ a: 0, b: { a: 7, b: 8 } }] }, b: 3 },
  ],
  'an object without prototype': () => nullObject({ a: 1, __proto__: 2 }),
  'a Map of anything': () =>
    new Map<unknown, unknown>([
      [1, 'a'],
      ['1', { b: 2 }],
      [{ k: 1 }, new Map()],
      [-0, undefined],
    ]),
  'a Set of anything': () => new Set<unknown>([1, 'a', [2], new Set([3])]),
  'a Date': () => new Date(1.7e12),
  'a Date before 1970': () => new Date(-1),
  'a regular expression': () => /a+\/[b]\n/giu,
  'boxed primitives': () => [Object(1), Object('a'), Object(false), Object(3n)],
}

describe('comes back exactly', () => {
  for (const [name, make] of Object.entries(VALUES)) {
    test(name, () => {
      expect(back(make())).toStrictEqual(make())
    })
  }

  test('an invalid Date', () => {
    expect((back(new Date(Number.NaN)) as Date).getTime()).toBeNaN()
  })

  test('where a regular expression last looked', () => {
    const regexp = /a/g
    regexp.lastIndex = 3
    expect((back(regexp) as RegExp).lastIndex).toBe(3)
  })

  test('the difference between a hole and undefined', () => {
    const list = back(sparse(3, { 0: undefined, 2: 1 })) as unknown[]
    expect([0 in list, 1 in list]).toEqual([true, false])
  })

  test('a list as long as lists can be, which holds one item', () => {
    const long: number[] = []
    long[2 ** 32 - 2] = 1
    const list = back(long) as number[]
    expect([list.length, list[2 ** 32 - 2], Object.keys(list).length]).toEqual([2 ** 32 - 1, 1, 1])
  })

  test('the prototype: an object without stays without, others have the usual', () => {
    const [bare, usual] = back([nullObject({}), {}]) as object[]
    expect([Object.getPrototypeOf(bare), Object.getPrototypeOf(usual)]).toEqual([null, Object.prototype])
  })

  test('a __proto__ key as a key: nothing is polluted', () => {
    const value = back(JSON.parse('{"__proto__": {"polluted": true}}')) as object
    expect([Object.hasOwn(value, '__proto__'), Reflect.get({}, 'polluted')]).toEqual([true, undefined])
  })

  test('objects of another realm, as ours', () => {
    const value = runInNewContext('({ a: [1, { b: new Map([[1, new Date(5)]]) }], s: new Set([/x/g]) })')
    expect(back(value)).toStrictEqual({ a: [1, { b: new Map([[1, new Date(5)]]) }], s: new Set([/x/g]) })
  })
})

describe('identity', () => {
  test('an object that occurs twice occurs twice afterwards', () => {
    const shared = { a: 1 }
    const [x, y, z] = back([shared, { z: shared }, shared]) as [object, { z: object }, object]
    expect(x === z && y.z === x).toBe(true)
  })

  test('equal objects stay apart', () => {
    const [x, y] = back([{ a: 1 }, { a: 1 }]) as object[]
    expect(x).not.toBe(y)
  })

  test('circles through lists, objects, Maps and Sets close again', () => {
    const list: unknown[] = []
    const map = new Map<unknown, unknown>()
    const set = new Set<unknown>()
    list.push(list, { list, map }, map, set)
    map.set('set', set).set(map, list)
    set.add(list).add(set)
    const [self, object, m, s] = back(list) as [unknown[], { list: unknown; map: unknown }, typeof map, typeof set]
    expect([self, object.list, m.get(m)]).toSatisfy((found: unknown[]) => found.every((one) => one === self))
    expect([object.map === m, m.get('set') === s, s.has(self), s.has(s)]).toEqual([true, true, true, true])
  })

  test('holds among thousands of objects', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ i }))
    const found = back([rows, rows[4321], rows[7]]) as [object[], object, object]
    expect([found[0][4321] === found[1], found[0][7] === found[2], found[0].length]).toEqual([true, true, 5000])
  })

  test('holds for dates, buffers and boxed values', () => {
    const things = [new Date(1), new Uint8Array(3), Object(1), /x/, new Error('e')]
    const found = back([things, things.toReversed()]) as [object[], object[]]
    expect(found[0]).toSatisfy((list: object[]) => list.every((one, i) => one === found[1][4 - i]))
  })
})

test('what is not enumerable and what has a symbol for a key is left out, as by structured clone', () => {
  const value = Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3 })
  expect(back(value)).toStrictEqual({ a: 1 })
})

test('a getter is read', () => {
  const value = Object.defineProperty({}, 'a', { get: () => [1], enumerable: true })
  expect(back(value)).toStrictEqual({ a: [1] })
})

test('a thousand levels may lie in each other', () => {
  let value: unknown = 1
  for (let i = 0; i < 999; i++) value = i % 2 ? [value] : { value }
  expect(back(value)).toStrictEqual(value)
})
