import { EventEmitter } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { CloneError, HeddleError } from '../../../src/errors.js'
import { type EncodeOptions, encode, encodeWithRefs } from '../../../src/values/encode.js'
import { FUTURE_KEY } from '../../../src/values/future-ref.js'

class Counter {
  count = 0
  up() {
    this.count++
  }
}

function refusal(value: unknown, options: EncodeOptions = {}): CloneError {
  try {
    encodeWithRefs(value, options)
  } catch (error) {
    if (error instanceof CloneError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const message = (value: unknown, options?: EncodeOptions) => refusal(value, options).message

describe('names the path', () => {
  const onRow = () => {}
  const PLACES: [path: string, value: unknown][] = [
    ['', onRow],
    ['.db.onRow', { db: { onRow } }],
    ['[0]', [onRow]],
    ['.rows[3].stream', { rows: [1, 2, 3, { stream: onRow }] }],
    ['["a key"]["0"]', { 'a key': { 0: onRow } }],
    ['.größe', { größe: onRow }],
    ['.get("x")', new Map([['x', onRow]])],
    [
      '.values[1].a',
      new Map([
        [1, 0 as unknown],
        [2, { a: onRow }],
      ]),
    ],
    ['.keys[0].a', new Map([[{ a: onRow }, 1]])],
    ['.values[1]', new Set([1, onRow])],
    ['.index', Object.assign([1], { index: onRow })],
    ['[1]', Object.assign(new Array(3), { 1: onRow })],
    ['.second.b', { first: [{}], second: { a: {}, b: onRow } }],
  ]
  for (const [path, value] of PLACES) {
    test(path === '' ? 'of the value itself' : path, () => {
      expect(refusal(value).path).toBe(path)
    })
  }

  test('of something deep, with its middle left out', () => {
    let value: unknown = onRow
    for (let i = 0; i < 500; i++) value = { inner: value }
    expect(refusal(value).path).toMatch(/^\.inner(\.inner)+.*….*\.inner$/)
  })
})

describe('says what it is and what to do', () => {
  test('a function in an argument, by the function called and the number of the argument', () => {
    expect(message([1, { db: { onRow() {} } }], { argumentsOf: 'load' })).toBe(
      "argument 2 of 'load' cannot travel: .db.onRow is a function (onRow). " +
        'Send plain data, or create it inside the task.',
    )
  })

  test('an argument that itself is a function', () => {
    expect(message([() => 1], { argumentsOf: 'load' })).toBe(
      "argument 1 of 'load' cannot travel: it is a function. Send plain data, or create it inside the task.",
    )
  })

  test('a stream in a result', () => {
    const root = "the result of 'load' (load-3f2a)"
    expect(message({ rows: [{ stream: new Readable() }] }, { root })).toBe(
      "the result of 'load' (load-3f2a) cannot travel: .rows[0].stream is a Readable. Pass or return its contents.",
    )
  })

  test('an instance of a class that nobody registered', () => {
    expect(message({ counter: new Counter() })).toBe(
      'the value cannot travel: .counter is a Counter, whose methods would be lost. ' +
        'Register its class, registerCodec(Counter), or pass its data.',
    )
  })

  test('an object of a hand-made prototype', () => {
    expect(message(Object.create({ inherited: 1 }))).toContain(
      'it is an object with a prototype of its own. Pass a plain',
    )
  })

  test('a promise: await it first', () => {
    expect(message([Promise.resolve(1)], { argumentsOf: 'f' })).toBe(
      "argument 1 of 'f' cannot travel: it is a Promise. Await it first.",
    )
  })

  test('a future where none may be', () => {
    expect(() => encode({ x: { [FUTURE_KEY]: 'inc-1' } }, { root: "the result of 'f'" })).toThrow(
      "the result of 'f' cannot travel: .x is a future (inc-1). Await its result, and pass that.",
    )
  })
})

describe('with a code to match on', () => {
  const generator = (function* () {})()
  const CLONE: Record<string, unknown> = {
    'a function': Math.max,
    'an async function': async () => {},
    'a class': Counter,
    'a symbol': Symbol('s'),
    'a boxed symbol': Object(Symbol('s')),
    'a promise': Promise.resolve(),
    'a WeakMap': new WeakMap(),
    'a WeakSet': new WeakSet(),
    'a WeakRef': new WeakRef({}),
    'a generator': generator,
    'an iterator': [].values(),
    'a SharedArrayBuffer': new SharedArrayBuffer(8),
    'a stream': new PassThrough(),
    'a web stream': new ReadableStream(),
    'an event emitter': new EventEmitter(),
    'an ArrayBuffer that was transferred away': detached(),
  }
  for (const [name, value] of Object.entries(CLONE)) {
    test(`${name}: HEDDLE_CLONE`, () => {
      expect(refusal([value]).code).toBe('HEDDLE_CLONE')
    })
  }

  class Rows extends Array<number> {}
  class Bytes extends Uint8Array {}
  class Index extends Map<string, number> {}
  const CLASS: Record<string, unknown> = {
    'an instance': new Counter(),
    'an instance without a name': new (class {})(),
    'an instance of a class derived from Array': Rows.from([1]),
    'an instance of a class derived from Map': new Index(),
    'an instance of a class derived from Uint8Array': new Bytes(3),
    'an object made of a prototype': Object.create({ inherited: 1 }),
    'a URL': new URL('http://a/'),
    'a number format': new Intl.NumberFormat(),
  }
  for (const [name, value] of Object.entries(CLASS)) {
    test(`${name}: HEDDLE_CLASS`, () => {
      expect(refusal([value]).code).toBe('HEDDLE_CLASS')
    })
  }

  test('the error is a HeddleError', () => {
    expect(refusal(() => 1)).toBeInstanceOf(HeddleError)
  })
})

test('more than a thousand levels are refused, and do not end in a stack overflow', () => {
  let value: unknown = 1
  for (let i = 0; i < 100_000; i++) value = [value]
  expect(message(value)).toContain('is nested deeper than 1000')
})

test('a refusal leaves nothing behind for the next value', () => {
  const shared = { a: 1 }
  expect(() => encode([shared, { a: 2 }, new Uint8Array(9), () => 1])).toThrow(CloneError)
  expect(encode([shared])).toEqual(encode([{ a: 1 }]))
})

test('what a getter throws comes through', () => {
  const value = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new RangeError('mine')
    },
  })
  expect(() => encode(value)).toThrow(RangeError)
})

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(16)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}
