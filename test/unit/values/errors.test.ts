import { types } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  CloneError,
  CommClosedError,
  HeddleError,
  InvariantError,
  KilledWorkerError,
  OptionError,
} from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'

const back = <T>(value: T) => decode(encode(value)) as T

describe('an error', () => {
  test.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'of class %o',
    (Class) => {
      const error = new Class('a message')
      const found = back(error)
      expect(found).toBeInstanceOf(Class)
      expect([found.constructor, found.name, found.message, found.stack]).toEqual([
        Class,
        error.name,
        error.message,
        error.stack,
      ])
      expect([types.isNativeError(found), Object.keys(found)]).toEqual([true, []])
    },
  )

  test('without a message has none', () => {
    expect(Object.hasOwn(back(new Error()), 'message')).toBe(false)
  })

  test('of an own class is an Error of its name, with its fields', () => {
    class ParseError extends SyntaxError {
      override name = 'ParseError'
      constructor(
        message: string,
        readonly line: number,
      ) {
        super(message)
      }
    }
    const found = back(new ParseError('unexpected', 7))
    expect(found).toBeInstanceOf(SyntaxError)
    expect([found.name, found.message, found.line, String(found)]).toEqual([
      'ParseError',
      'unexpected',
      7,
      'ParseError: unexpected',
    ])
  })

  test('whose name comes from its prototype keeps it', () => {
    class QuotaError extends Error {}
    QuotaError.prototype.name = 'QuotaError'
    expect(back(new QuotaError('x')).name).toBe('QuotaError')
  })

  test('of the system keeps code, errno and path', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', errno: -2, path: '/tmp/x' })
    expect({ ...back(error) }).toEqual({ code: 'ENOENT', errno: -2, path: '/tmp/x' })
  })

  test('loses the fields that cannot travel, and nothing else', () => {
    const error = Object.assign(new Error('request failed'), {
      status: 500,
      socket: { write() {}, big: new Uint8Array(10_000) },
      request: [1, { deep: [{ retry: () => 1 }] }],
      config: { url: '/x' },
    })
    const found = back({ error, next: [{ a: 1 }, error.config] })
    expect({ ...found.error }).toEqual({ status: 500, config: { url: '/x' } })
    expect(found.next[1] === found.error.config).toBe(true)
  })

  test('with a getter that throws still comes', () => {
    const error = Object.defineProperty(new Error('x'), 'trap', { enumerable: true, get: () => JSON.parse('{') })
    expect(back(error).message).toBe('x')
  })
})

describe('causes', () => {
  test('come along, an undefined one, too', () => {
    const found = back(new Error('a', { cause: new TypeError('b', { cause: { code: 7 } }) })) as { cause?: TypeError }
    expect([found.cause?.message, found.cause?.cause]).toEqual(['b', { code: 7 }])
    expect(Object.hasOwn(back(new Error('a', { cause: undefined })), 'cause')).toBe(true)
    expect(Object.hasOwn(back(new Error('a')), 'cause')).toBe(false)
  })

  test('are not enumerable, as usual', () => {
    expect(Object.keys(back(new Error('a', { cause: 1 })))).toEqual([])
  })

  test('are cut after ten', () => {
    let error = new Error('0')
    for (let i = 1; i < 30; i++) error = new Error(String(i), { cause: error })
    let depth = 0
    for (let at: Error | undefined = back(error); at !== undefined; at = at.cause as Error | undefined) depth++
    expect(depth).toBe(11)
  })

  test('that go in a circle are cut', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    a.cause = b
    b.cause = a
    const found = back(a)
    expect([(found.cause as Error).message, (found.cause as Error).cause]).toEqual(['b', undefined])
    a.cause = a
    expect(back(a).cause).toBeUndefined()
  })

  test('that cannot travel are left out', () => {
    expect(back(new Error('a', { cause: () => 1 })).cause).toBeUndefined()
  })
})

describe('an AggregateError', () => {
  test('keeps its errors', () => {
    const found = back(new AggregateError([new TypeError('a'), 'text', { code: 1 }], 'all failed'))
    expect(found).toBeInstanceOf(AggregateError)
    expect([found.message, found.errors[0].message, found.errors.slice(1)]).toEqual([
      'all failed',
      'a',
      ['text', { code: 1 }],
    ])
    expect(found.errors[0]).toBeInstanceOf(TypeError)
  })

  test('leaves out what cannot travel, and itself', () => {
    const error = new AggregateError([new Error('a'), () => 1], 'm')
    error.errors.push(error)
    expect(back(error).errors.map(String)).toEqual(['Error: a'])
  })
})

test('a DOMException keeps name, message and code', () => {
  const reason = AbortSignal.abort().reason as DOMException
  const found = back(reason)
  expect(found).toBeInstanceOf(DOMException)
  expect([found.name, found.message, found.code, found.stack]).toEqual(['AbortError', reason.message, 20, reason.stack])
})

describe('an error of Heddle', () => {
  test.each([
    new HeddleError('HEDDLE_X', 'x'),
    new CommClosedError('tcp://127.0.0.1:1', 'reset'),
    new KilledWorkerError('k', ['tcp://127.0.0.1:1']),
    new CloneError('HEDDLE_CLONE', '.a', 'm'),
    new OptionError('timeout', 'must be a number'),
  ])('%o', (error) => {
    const found = back(error)
    expect(found).toBeInstanceOf(HeddleError)
    expect(found).toBeInstanceOf(error.constructor)
    expect([found.code, { ...found }, found.message, found.name]).toEqual([
      error.code,
      { ...error },
      error.message,
      error.name,
    ])
  })

  test('OptionError is a TypeError afterwards, too', () => {
    expect(back(new OptionError('a', 'b'))).toBeInstanceOf(TypeError)
  })

  test('a bug in Heddle is none', () => {
    const found = back(new InvariantError('k', 'reason', ['story']))
    expect([found instanceof InvariantError, found instanceof HeddleError, found.story]).toEqual([
      true,
      false,
      ['story'],
    ])
  })

  test('of a subclass that only one side knows is one of the nearest class', () => {
    class MyError extends CommClosedError {}
    const found = back(new MyError('a', 'b'))
    expect([found.constructor, found.name, found.code]).toEqual([CommClosedError, 'MyError', 'HEDDLE_COMM_CLOSED'])
  })
})

test('an error that occurs twice is one', () => {
  const error = new Error('x')
  const [a, b] = back([error, error])
  expect(a === b).toBe(true)
})
