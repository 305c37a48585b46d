import { expect, test } from 'vitest'
import { CloneError, DecodeError } from '../../../src/errors.js'
import { encode } from '../../../src/values/encode.js'
import { Encoded } from '../../../src/values/encoded.js'
import { lazyRecord, missingKeys, toEncodedMap } from '../../../src/values/lazy-record.js'

const data = () =>
  new Map([
    ['x', encode([1, 2])],
    ['y', encode('why')],
  ])
const broken = new Encoded(Uint8Array.of(0xff), [], 1)

test('holds what came, under its keys, without a prototype', () => {
  const d = lazyRecord(data(), ['x', 'y', 'z'])
  expect(Object.getPrototypeOf(d)).toBeNull()
  expect([Object.keys(d), { ...d }, 'z' in d]).toEqual([['x', 'y'], { x: [1, 2], y: 'why' }, false])
})

test('keys that are not there are listed', () => {
  expect(missingKeys(lazyRecord(data(), ['a', 'x', 'b', 'a']))).toEqual(['a', 'b'])
  expect(missingKeys({})).toEqual([])
})

test('decodes a value when it is first read, once', () => {
  const d = lazyRecord(
    new Map([
      ['good', encode({})],
      ['bad', broken],
    ]),
    ['good', 'bad'],
  )
  expect(d.good).toBe(d.good)
  expect(() => d.bad).toThrow(DecodeError)
})

test('passes the very bytes on, read or not', () => {
  const came = data().set('bad', broken)
  const d = lazyRecord(came, ['x', 'y', 'bad'])
  ;(d.x as number[]).push(3)
  const sent = toEncodedMap(d)
  expect([sent.get('x') === came.get('x'), sent.get('y') === came.get('y'), sent.get('bad') === broken]).toEqual([
    true,
    true,
    true,
  ])
})

test('sends what was assigned, and nothing that was deleted', () => {
  const d = lazyRecord(data(), ['x', 'y'])
  d.x = 'new'
  d.added = 1
  delete d.y
  expect(toEncodedMap(d)).toEqual(
    new Map([
      ['x', encode('new')],
      ['added', encode(1)],
    ]),
  )
  d.y = 'again'
  expect(toEncodedMap(d).get('y')).toEqual(encode('again'))
  expect({ ...d }).toEqual({ x: 'new', added: 1, y: 'again' })
})

test('a plain object and a Map are encoded', () => {
  const wanted = new Map([
    ['a', encode(1)],
    ['b', encode([2])],
  ])
  expect(toEncodedMap({ a: 1, b: [2] })).toEqual(wanted)
  expect(
    toEncodedMap(
      new Map<string, unknown>([
        ['a', 1],
        ['b', [2]],
      ]),
    ),
  ).toEqual(wanted)
})

test('what cannot travel is refused with its key', () => {
  expect(() => toEncodedMap({ a: { f() {} } })).toThrow(CloneError)
  expect(() => toEncodedMap({ a: { f() {} } })).toThrow("the value of 'a' cannot travel: .f is a function (f)")
})

test('a key __proto__ is a key', () => {
  const d = lazyRecord(new Map([['__proto__', encode(1)]]), ['__proto__'])
  expect([Object.keys(d), Object.getOwnPropertyDescriptor(d, '__proto__')?.get?.()]).toEqual([['__proto__'], 1])
})
