import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encodeWithRefs } from '../../../src/values/encode.js'
import { FUTURE_KEY } from '../../../src/values/future-ref.js'

class Future {
  readonly [FUTURE_KEY]: string
  readonly #secret = () => {}
  constructor(key: string) {
    this[FUTURE_KEY] = key
  }
  result() {
    return this.#secret
  }
}

const resolve = (key: string) => ({ valueOf: undefined, key })

test('futures at any depth become the values of their keys', () => {
  const value = [new Future('a'), { deep: [new Future('b')] }, new Map([['x', new Future('c')]]), 7]
  const { encoded, refs } = encodeWithRefs(value)
  expect(refs).toEqual(['a', 'b', 'c'])
  expect(decode(encoded, { resolve: (key) => `value of ${key}` })).toEqual([
    'value of a',
    { deep: ['value of b'] },
    new Map([['x', 'value of c']]),
    7,
  ])
})

describe('the same key twice', () => {
  const future = new Future('a')
  const same: [string, unknown[]][] = [
    ['as one future', [future, future]],
    ['as two futures', [future, new Future('a')]],
    ['among others', [future, {}, {}, { x: 1 }, future]],
  ]
  test.each(same)('%s: one reference, one object', (_, value) => {
    const { encoded, refs } = encodeWithRefs(value)
    let calls = 0
    const found = decode(encoded, { resolve: (key) => ({ key, call: ++calls }) }) as unknown[]
    expect(refs).toEqual(['a'])
    expect(found.at(0) === found.at(-1)).toBe(true)
    expect(calls).toBe(1)
  })
})

test('objects that occur twice stay so beside futures', () => {
  const shared = { a: 1 }
  const { encoded } = encodeWithRefs([shared, new Future('a'), shared, new Future('b'), new Date(1)])
  const found = decode(encoded, { resolve }) as unknown[]
  expect(found[0] === found[2]).toBe(true)
  expect(found.slice(3)).toEqual([resolve('b'), new Date(1)])
})

test('a value may be undefined', () => {
  const { encoded } = encodeWithRefs([new Future('a'), new Future('a')])
  expect(decode(encoded, { resolve: () => undefined })).toEqual([undefined, undefined])
})

test('a plain object with the mark is a future as well', () => {
  expect(encodeWithRefs([{ [FUTURE_KEY]: 'a' }]).refs).toEqual(['a'])
})

test('without anybody to resolve them, references are an error that names the key', () => {
  const { encoded } = encodeWithRefs([new Future('load-1')])
  expect(() => decode(encoded)).toThrow(DecodeError)
  expect(() => decode(encoded)).toThrow('load-1')
})

test('what resolve throws comes through', () => {
  const { encoded } = encodeWithRefs([new Future('a')])
  const mine = new TypeError('mine')
  const fail = () => {
    throw mine
  }
  expect(() => decode(encoded, { resolve: fail })).toThrow(mine)
})

test('futures in the fields of an error are references, too', () => {
  const { encoded, refs } = encodeWithRefs([
    Object.assign(new Error('x'), { of: new Future('a'), bad: [new Future('b'), () => 1] }),
  ])
  expect(refs).toEqual(['a'])
  expect({ ...(decode(encoded, { resolve: (key) => key }) as [Error])[0] }).toEqual({ of: 'a' })
})
