import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readPickle } from '../../../src/dask/pickle/read.js'
import { type Pickle, writePickle } from '../../../src/dask/pickle/write.js'
import { PyFloat, PyGlobal, PyObject, PyTuple } from '../../../src/dask/python.js'
import { fromPython } from '../../../src/dask/values/from-python.js'
import { toPython } from '../../../src/dask/values/to-python.js'
import { CloneError, DecodeError, PythonError } from '../../../src/errors.js'
import type { NDArray } from '../../../src/values/ndarray.js'

interface Golden {
  pickle: string
  buffers: string[]
}

const golden: Record<string, Record<string, Golden>> = JSON.parse(
  readFileSync(new URL('./fixtures/pickles.json', import.meta.url), 'utf8'),
)
const PROTOCOLS = ['3', '4', '5']

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

function goldenOf(name: string, protocol: string): Golden {
  return golden[name]?.[protocol] as Golden
}

function python(name: string, protocol = '5'): unknown {
  const { pickle, buffers } = goldenOf(name, protocol)
  return fromPython(readPickle(bytes(pickle), buffers.map(bytes)))
}

function back({ bytes, buffers }: Pickle): unknown {
  return readPickle(
    bytes,
    buffers.map((buffer) => buffer.bytes),
  )
}

const there = (value: unknown) => fromPython(back(writePickle(value, toPython)))

describe.each(PROTOCOLS)('what Python pickles with protocol %s', (protocol) => {
  test.each(Object.keys(golden))('%s is read', (name) => {
    expect(python(name, protocol)).toBeDefined()
  })

  test('plain values arrive as themselves', () => {
    expect(python('none', protocol)).toBeNull()
    expect(python('truth', protocol)).toEqual([true, false])
    expect(python('texts', protocol)).toEqual([
      '',
      'abc',
      'héllo ☃ 😀',
      'x'.repeat(300),
      'half \ud800 pair',
      '\ufeffmark',
    ])
    expect(python('bytes', protocol)).toEqual(
      ['', 'abc', 'y'.repeat(300), 'ab'].map((s) => Uint8Array.from(Buffer.from(s))),
    )
    expect(python('tuples', protocol)).toEqual([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    expect(python('floats', protocol)).toEqual([2, 1.5, -0, Number.POSITIVE_INFINITY, 1e300])
    expect(python('sets', protocol)).toEqual([new Set(), new Set([1, 2]), new Set([3])])
  })

  test('integers of any size are exact', () => {
    const expected = [0, 1, 255, 256, 65535, 65536, -1, -129, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53 - 1]
    expect(python('ints', protocol)).toEqual([...expected, 2n ** 53n, -(2n ** 70n), 2n ** 3000n])
  })

  test('dicts with texts for keys are objects, others Maps', () => {
    const [empty, plain, mixed, sly] = python('dicts', protocol) as [object, object, Map<unknown, unknown>, object]
    expect(empty).toEqual({})
    expect(plain).toEqual({ a: 1, b: { c: null } })
    expect([...mixed]).toEqual([
      [[1, 2], 3],
      [4, 'five'],
    ])
    expect(Object.keys(sly)).toEqual(['__proto__'])
    expect(python('ordered', protocol)).toEqual({ z: 1, a: 2 })
  })

  test('what is one thing stays one thing', () => {
    const [one, other] = python('shared', protocol) as [unknown, unknown]
    expect(one).toBe(other)
    const cycle = python('cycle', protocol) as unknown[]
    expect(cycle[0]).toBe(cycle)
  })

  test('moments are exact to the millisecond', () => {
    const [naive, zoned, first] = python('datetimes', protocol) as Date[]
    expect(naive?.toISOString()).toBe('2024-02-29T12:30:15.250Z')
    expect(zoned?.toISOString()).toBe('2024-02-29T10:30:00.000Z')
    expect(first?.toISOString()).toBe('0001-01-01T00:00:00.000Z')
  })

  test('arrays have their shape and their items', () => {
    const array = python('array', protocol) as NDArray
    expect([array.dtype, array.shape, array.get(1, 2)]).toEqual(['float64', [2, 3], 5])
    const columns = python('column major', protocol) as NDArray
    expect([columns.dtype, columns.shape, columns.get(1, 2), columns.get(0, 1)]).toEqual(['int32', [2, 3], 5, 1])
    expect((python('int64', protocol) as NDArray).get(1)).toBe(-(2n ** 60n))
    expect((python('view', protocol) as NDArray).get(3)).toBe(6)
    expect([python('scalar', protocol), python('bool scalar', protocol), python('int scalar', protocol)]).toEqual([
      2.5,
      true,
      7n,
    ])
  })

  test('an exception says its class and text', () => {
    const error = python('error', protocol) as PythonError
    expect(error).toBeInstanceOf(PythonError)
    expect([error.type, error.message]).toEqual(['ValueError', 'no good, 3'])
  })

  test('what TypeScript has nothing for can be passed on unchanged', () => {
    for (const name of ['complex', 'date', 'objects array', 'big endian', 'moments', 'texts array']) {
      const { pickle, buffers } = goldenOf(name, protocol)
      const read = readPickle(bytes(pickle), buffers.map(bytes))
      expect(read).toBeInstanceOf(PyObject)
      expect(back(writePickle(read))).toEqual(read)
    }
  })
})

test('an array of protocol 5 is a view of the buffer beside the pickle', () => {
  const { pickle, buffers } = goldenOf('array', '5')
  const memory = buffers.map(bytes)
  const array = fromPython(readPickle(bytes(pickle), memory)) as NDArray
  expect(array.buffer).toBe(memory[0]?.buffer)
})

test('what TypeScript writes comes back the same', () => {
  const shared = ['x']
  const value = {
    list: [1, -1, 300, -70000, 2 ** 40, 2n ** 80n, -(2n ** 64n), 0.5, Number.NaN, null, true],
    texts: ['', 'é', 'x'.repeat(70_000), '\udc00'],
    dict: new Map<unknown, unknown>([
      [1, 'a'],
      [null, 'b'],
    ]),
    set: new Set(['a']),
    bytes: new Uint8Array([1, 2, 3]),
    date: new Date('2024-02-29T12:30:15.250Z'),
    twice: [shared, shared],
  }
  expect(there(value)).toEqual(value)
  const { twice } = there(value) as typeof value
  expect(twice[0]).toBe(twice[1])
})

test('a pickle of any length is whole', () => {
  for (let length = 0; length < 600; length++) {
    const value = new Array(length).fill(null)
    expect(there(value)).toEqual(value)
  }
})

test('typed arrays travel beside the pickle, without a copy', () => {
  const array = new Float64Array([1, 2, 3])
  const { buffers } = writePickle([array, { same: array }], toPython)
  expect(buffers.map((buffer) => buffer.bytes.buffer)).toEqual([array.buffer])
  const [one] = there([array]) as [NDArray]
  expect([one.dtype, one.shape, one.get(2)]).toEqual(['float64', [3], 3])
})

test('a float can be told from an integer where it matters', () => {
  expect(back(writePickle([2, new PyFloat(2), -0]))).toEqual([2, new PyFloat(2), new PyFloat(-0)])
})

test('an error is an exception of the nearest class', () => {
  const read = back(writePickle(new RangeError('too far'), toPython)) as PyObject
  expect(read.callable).toEqual(new PyGlobal('builtins', 'ValueError'))
  expect(read.args).toEqual(new PyTuple(['RangeError: too far']))
})

test('functions, symbols and instances of classes are refused by name', () => {
  class Point {}
  expect(() => writePickle([() => 1], toPython)).toThrow(CloneError)
  expect(() => writePickle({ p: new Point() }, toPython)).toThrow('an instance of Point cannot be made')
  expect(() => writePickle(new Date(Number.NaN), toPython)).toThrow(CloneError)
})

describe('a hostile pickle', () => {
  const hostile: Record<string, number[]> = {
    'that is empty': [],
    'that ends early': [0x80, 5, 0x5d],
    'of another protocol': [0x80, 9, 0x4e, 0x2e],
    'with a huge length': [0x8e, 255, 255, 255, 255, 255, 255, 255, 127, 0x2e],
    'with a huge frame': [0x80, 4, 0x95, 255, 255, 255, 255, 255, 255, 255, 127, 0x4e, 0x2e],
    'with a huge integer': [0x8b, 255, 255, 255, 255, 0x2e],
    'that takes from an empty stack': [0x30, 0x2e],
    'that names nothing': [0x68, 7, 0x2e],
    'that asks for a buffer': [0x97, 0x2e],
    'of protocol 0': [0x49, 0x31, 0x0a, 0x2e],
    'that appends to a number': [0x4b, 1, 0x4b, 2, 0x61, 0x2e],
  }

  test.each(Object.entries(hostile))('%s is one error', (_, pickle) => {
    expect(() => readPickle(Uint8Array.from(pickle))).toThrow(DecodeError)
  })

  test('that would run something is data', () => {
    const attack = Buffer.from('\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.', 'latin1')
    const read = readPickle(attack) as PyObject
    expect([read.maker, read.args]).toEqual(['os.system', new PyTuple(['true'])])
  })

  test('that doubles itself takes no more than it is long', () => {
    const doubling = [0x5d, ...new Array(5000).fill([0x32, 0x86]).flat(), 0x2e]
    const read = readPickle(Uint8Array.from(doubling))
    expect(() => fromPython(read)).toThrow(DecodeError)
  })

  test('that is nested without end is refused when it is opened', () => {
    const nested = [...new Array(5000).fill(0x5d), ...new Array(4999).fill(0x61), 0x2e]
    expect(() => fromPython(readPickle(Uint8Array.from(nested)))).toThrow('nested deeper than 1000')
  })

  test('cannot hold more than its limits', () => {
    const many = [...new Array(100).fill(0x4e), 0x2e]
    expect(() => readPickle(Uint8Array.from(many), [], { stack: 50 })).toThrow('more than 50 things')
    const names = [0x4e, ...new Array(100).fill(0x94), 0x2e]
    expect(() => readPickle(Uint8Array.from(names), [], { memo: 50 })).toThrow('more than 50 names')
  })
})
