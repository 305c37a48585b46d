import { describe, expect, expectTypeOf, test } from 'vitest'
import { OptionError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import { NDArray } from '../../../src/values/ndarray.js'

const counting = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return new NDArray(
    Float64Array.from({ length: size }, (_, i) => i),
    { shape },
  ) as NDArray<'float64'>
}
const back = <T>(value: T) => decode(encode(value)) as T

describe('an NDArray', () => {
  test('is read by its indices, the last running fastest', () => {
    const array = counting(2, 3, 4)
    expect([array.get(0, 0, 0), array.get(1, 2, 3), array.get(-1, -1, -1), array.get(0, 1, 2)]).toEqual([0, 23, 23, 6])
    expect([array.size, array.ndim, array.nbytes, array.itemSize]).toEqual([24, 3, 192, 8])
    expect(array.strides).toEqual([96, 32, 8])
  })

  test('is written through to its memory', () => {
    const memory = new Int16Array(6)
    const array = new NDArray(memory, { shape: [2, 3] })
    array.set(7, 1, 0)
    expect([...memory]).toEqual([0, 0, 0, 7, 0, 0])
  })

  test('knows the type of its items', () => {
    expectTypeOf(NDArray.zeros([1], 'int64').get(0)).toEqualTypeOf<bigint>()
    expectTypeOf(NDArray.zeros([1], 'bool').get(0)).toEqualTypeOf<boolean>()
    expectTypeOf(NDArray.zeros([1]).get(0)).toEqualTypeOf<number>()
    expect([NDArray.zeros([1], 'int64').get(0), NDArray.zeros([1], 'bool').get(0), NDArray.zeros([1]).dtype]).toEqual([
      0n,
      false,
      'float64',
    ])
  })

  test('of no dimension is one item', () => {
    const array = new NDArray(Float64Array.of(5), { shape: [] })
    expect([array.get(), array.size, array.toArray(), back(array).get()]).toEqual([5, 1, 5, 5])
  })

  test('of no items is empty', () => {
    const array = NDArray.zeros([3, 0, 2])
    expect([array.size, array.toArray(), back(array).shape]).toEqual([0, [[], [], []], [3, 0, 2]])
  })

  test.each([
    ['beyond the shape', [2, 0]],
    ['before the shape', [-3, 0]],
    ['of too few', [1]],
    ['of too many', [1, 1, 1]],
    ['between two', [0.5, 0]],
  ])('refuses indices %s', (_, index) => {
    expect(() => counting(2, 3).get(...index)).toThrow(RangeError)
  })

  test.each([
    ['a shape larger than the memory', { shape: [3, 3] }],
    ['strides that lead out of it', { shape: [2, 2], strides: [64, 8] }],
    ['strides that lead before it', { shape: [2], strides: [-8] }],
    ['an offset behind its end', { shape: [1], offset: 64 }],
    ['a negative length', { shape: [-1] }],
    ['strides for another shape', { shape: [2, 2], strides: [8] }],
    ['an unknown dtype', { dtype: 'complex64' as never }],
  ])('refuses %s', (_, layout) => {
    expect(() => new NDArray(new Float64Array(8), layout)).toThrow(OptionError)
  })

  test('over an ArrayBuffer must be told what it holds', () => {
    expect(() => new NDArray(new ArrayBuffer(8))).toThrow('dtype')
    expect(new NDArray(new ArrayBuffer(8), { dtype: 'int16' }).shape).toEqual([4])
  })
})

describe('views copy nothing', () => {
  test('slice takes parts as Python does', () => {
    const array = counting(10)
    const part = (...range: [number?, (number | null)?, number?]) => array.slice(range).toArray()
    expect(part(2, 5)).toEqual([2, 3, 4])
    expect(part(-3)).toEqual([7, 8, 9])
    expect(part(0, -7)).toEqual([0, 1, 2])
    expect(part(1, null, 4)).toEqual([1, 5, 9])
    expect(array.slice([null, null, -3]).toArray()).toEqual([9, 6, 3, 0])
    expect(part(8, 2)).toEqual([])
    expect(part(5, 100)).toEqual([5, 6, 7, 8, 9])
  })

  test('an index drops its dimension', () => {
    const array = counting(2, 3, 4)
    expect(array.slice(1, [], 2).toArray()).toEqual([14, 18, 22])
    expect(array.slice(-1).shape).toEqual([3, 4])
  })

  test('transposed turns the dimensions around', () => {
    const array = counting(2, 3)
    expect(array.transposed().toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ])
    expect(counting(2, 3, 4).transposed(1, 2, 0).shape).toEqual([3, 4, 2])
    expect(() => array.transposed(0, 0)).toThrow(RangeError)
  })

  test('what is written to a view shows in the whole', () => {
    const array = counting(2, 3)
    array.transposed().slice(1).set(99, 0)
    expect(array.get(0, 1)).toBe(99)
  })

  test('reshaped is a view of items that lie side by side, else a copy', () => {
    const array = counting(2, 6)
    const [view, copy] = [array.reshaped(3, -1), array.transposed().reshaped(12)]
    view.set(50, 0, 0)
    copy.set(60, 0)
    expect([array.get(0, 0), view.shape, copy.toArray()]).toEqual([50, [3, 4], [60, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]])
    expect(() => array.reshaped(5, 2)).toThrow(RangeError)
  })

  test('toTypedArray is a view, or a copy in the right order', () => {
    const array = counting(2, 3)
    expect(array.slice(1).toTypedArray().buffer).toBe(array.buffer)
    expect(array.transposed().toTypedArray()).toEqual(Float64Array.of(0, 3, 1, 4, 2, 5))
  })
})

describe('float16', () => {
  test.each([0, -0, 1, -2, 0.5, 65504, 2 ** -14, 2 ** -24, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'holds %d',
    (value) => {
      const array = NDArray.zeros([1], 'float16')
      array.set(value, 0)
      expect(array.get(0)).toBe(value)
    },
  )

  test.each([
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -25, 0],
    [2 ** -25 + 2 ** -30, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2047.9, 0x6800],
    [Number.NaN, 0x7e00],
  ])('rounds %d to the nearest, ties to even', (value, bits) => {
    const array = NDArray.zeros([1], 'float16')
    array.set(value, 0)
    expect(new Uint16Array(array.buffer)[0]).toBe(bits)
  })

  test('is a Uint16Array where there is no Float16Array', () => {
    const wanted = 'Float16Array' in globalThis ? 'Float16Array' : 'Uint16Array'
    expect(NDArray.zeros([2], 'float16').toTypedArray().constructor.name).toBe(wanted)
  })
})

describe('travels', () => {
  test.each(['bool', 'int8', 'uint16', 'int32', 'uint64', 'float16', 'float32'] as const)('as %s', (dtype) => {
    const array = new NDArray(Uint8Array.from({ length: 48 }, (_, i) => i * 5).buffer, { dtype, shape: [2, 3] })
    const found = back({ array }).array
    expect([found.dtype, found.shape, found.toArray()]).toEqual([dtype, [2, 3], array.toArray()])
  })

  test('in any order, step and direction', () => {
    const array = counting(4, 5, 6).slice([1], [null, null, -2], [0, 6, 3]).transposed(2, 0, 1)
    const found = back(array)
    expect([found.shape, found.toArray()]).toEqual([array.shape, array.toArray()])
  })

  test('without a copy when it is decoded', () => {
    const encoded = encode(counting(100, 100))
    expect((decode(encoded) as NDArray).buffer).toBe(encoded.buffers[0]?.buffer)
  })

  test('as the part that it shows, and no more', () => {
    const whole = counting(1000, 1000)
    expect(encode(whole.slice([0, 10])).nbytes).toBe(80_000)
    expect(encode(whole.slice([], 0)).nbytes).toBe(8000)
    expect(encode(whole).nbytes).toBe(8_000_000)
    expect(back(whole.slice([], 7)).toArray()).toEqual(whole.slice([], 7).toArray())
  })

  test('views of one array still share their memory', () => {
    const array = counting(4, 4)
    const [whole, corner] = back([array, array.slice([2], [2])]) as [typeof array, typeof array]
    corner.set(99, 0, 0)
    expect(whole.get(2, 2)).toBe(99)
  })
})
