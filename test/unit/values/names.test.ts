import { describe, expect, test } from 'vitest'
import { encode } from '../../../src/values/encode.js'
import { hashOf } from '../../../src/values/hash.js'
import { NDArray } from '../../../src/values/ndarray.js'
import { typenameOf } from '../../../src/values/typename.js'

describe('a hash', () => {
  test('is 128 bits of hex', () => {
    expect(hashOf(encode([1]))).toMatch(/^[0-9a-f]{32}$/)
  })

  test('is the same for equal values, and stays what it was', () => {
    expect(hashOf(encode({ a: [1, 'x'] }))).toBe(hashOf(encode({ a: [1, 'x'] })))
    expect(hashOf(encode([1, 'x', null]))).toBe('9fc2b80f42c15c99b4bd11a08e14a191')
  })

  test('is another for 0 and -0, 1 and 1n, a hole and undefined, text and its replacement', () => {
    const values = [0, -0, 1, 1n, '1', [undefined], new Array(1), '\ud83d', '\ufffd', null, undefined, Number.NaN]
    expect(new Set(values.map((value) => hashOf(encode(value)))).size).toBe(values.length)
  })

  test('covers the large buffers, and where one ends and the next begins', () => {
    const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
    const values = [
      bytes(5000, 1),
      bytes(5000, 2),
      bytes(5001, 1),
      new Float64Array(bytes(5000, 1).buffer),
      [bytes(5000, 1), bytes(6000, 1)],
      [bytes(6000, 1), bytes(5000, 1)],
    ]
    expect(new Set(values.map((value) => hashOf(encode(value)))).size).toBe(values.length)
  })

  test('does not depend on which bits a NaN happens to have', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_dead_beefn]).buffer)[0]
    expect(hashOf(encode([odd]))).toBe(hashOf(encode([Number.NaN])))
    const many = Array.from({ length: 50 }, (_, i) => i / 3)
    expect(hashOf(encode([...many, odd]))).toBe(hashOf(encode([...many, Number.NaN])))
  })
})

test('values are called what people call them', () => {
  class Model {}
  const names = [null, undefined, 1, 'a', 1n, true, () => 1, Symbol('s'), {}, Object.create(null), [], new Map()]
  expect(names.map(typenameOf)).toEqual([
    'null',
    'undefined',
    'number',
    'string',
    'bigint',
    'boolean',
    'function',
    'symbol',
    'Object',
    'Object',
    'Array',
    'Map',
  ])
  const more = [new Uint8Array(1), Buffer.from('a'), new Model(), new (class {})(), NDArray.zeros([1]), new TypeError()]
  expect(more.map(typenameOf)).toEqual(['Uint8Array', 'Buffer', 'Model', 'Object', 'NDArray', 'TypeError'])
})
