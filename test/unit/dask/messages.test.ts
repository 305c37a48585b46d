import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { PyOpaque, PyTuple } from '../../../src/dask/python.js'
import { daskCodec, Pickled, packDask, unpackDask } from '../../../src/dask/wire/codec.js'
import { decompress } from '../../../src/dask/wire/compression.js'
import { isSerialized, learnFamily, openSerialized } from '../../../src/dask/wire/serialized.js'
import { DecodeError, ProtocolError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import type { Encoded } from '../../../src/values/encoded.js'
import { NDArray } from '../../../src/values/ndarray.js'

const golden: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('./fixtures/messages.json', import.meta.url), 'utf8'),
)

type Message = Map<string, unknown>

function framesOf(name: string): Uint8Array[] {
  return (golden[name] as string[]).map((text) => Uint8Array.from(Buffer.from(text, 'base64')))
}

function valueIn(name: string): Encoded {
  return (unpackDask(framesOf(name)) as Message).get('value') as Encoded
}

const read = (name: string) => decode(valueIn(name))

/** As a Dask node would get it, opened again. */
function there(value: unknown): unknown {
  const message = unpackDask(packDask({ value: encode(value) })) as Message
  return decode(message.get('value') as Encoded)
}

beforeAll(() => learnFamily())

describe('a value that Dask sends', () => {
  test('is read whatever form Dask gave it', () => {
    expect(read('int')).toBe(5)
    expect(read('text')).toBe('héllo')
    expect(read('bytes')).toEqual(Uint8Array.from(Buffer.from('abc')))
    expect(read('list')).toEqual([1, 'a', null])
    expect(read('tuple')).toEqual([1, [2, 3]])
    expect(read('set')).toEqual(new Set([1]))
    expect(read('dict')).toEqual({ a: 1, b: [1.5, true] })
    expect(read('moment')).toEqual(new Date('2024-01-01T00:00:00Z'))
  })

  test('has tuples as the keys that were tuples', () => {
    const opened = openSerialized(valueIn('tuple keys')) as Map<PyTuple, unknown>
    expect([...opened]).toEqual([[new PyTuple(['x', 1]), 2]])
  })

  test('has its arrays, also inside a dict', () => {
    const { a, b } = read('arrays') as { a: NDArray; b: [NDArray] }
    expect([a.dtype, a.get(2), b[0].dtype, b[0].get(1)]).toEqual(['float64', 2, 'int32', 1])
  })

  test('is an array over the very memory that came, in any order', () => {
    const array = read('transposed') as NDArray
    expect([array.shape, array.get(2, 1), array.get(0, 1)]).toEqual([[3, 2], 5, 3])
    const large = new Float64Array(1000)
    const sent = packDask({ value: encode(large, { memory: 'share' }) })
    const value = (unpackDask(sent) as Message).get('value') as Encoded
    expect((decode(value) as NDArray).buffer).toBe(large.buffer)
    const wide = read('broadcast') as NDArray
    expect([wide.shape, wide.get(1, 1)]).toEqual([[2, 2], 7])
  })

  test('that only Python can open says its type, and travels on byte for byte', () => {
    for (const name of ['dates', 'records']) {
      expect(read(name)).toEqual(new PyOpaque('numpy.ndarray'))
      const again = unpackDask(packDask({ value: valueIn(name) })) as Message
      expect(again.get('value')).toEqual(valueIn(name))
    }
  })

  test.each(['zlib', 'lz4', 'split'])('is the same when it comes %s', (name) => {
    const array = read(name) as NDArray
    expect([array.shape, array.get(3999)]).toEqual([[4000], 3999])
  })
})

describe('a message', () => {
  test('has its pickles closed until they are wanted', () => {
    const pickled = (unpackDask(framesOf('pickled')) as Message).get('value') as Pickled
    expect(pickled).toBeInstanceOf(Pickled)
    expect(pickled.open()).toEqual(new Map([['a', new PyTuple([1, 2])]]))
  })

  test('of a stream is a list of messages', () => {
    const [a, b] = unpackDask(framesOf('batch')) as Message[]
    expect([a?.get('op'), a?.get('keys')]).toEqual(['a', new Set(['k'])])
    expect([...(b as Message).keys()]).toEqual(['op', ['t', 1]])
  })

  test('that we send in a batch is what was added, each value in its place', () => {
    const batch = daskCodec.batch()
    batch.add({ op: 'a', value: encode(1) })
    expect(() => batch.add({ op: 'bad', value: encode('lost'), fn: () => 1 })).toThrow(TypeError)
    batch.add({ op: 'b', keys: new Set(['k']), value: encode(new Float64Array([1, 2])), code: Pickled.of([]) })
    const [a, b, ...more] = unpackDask(batch.take()) as Message[]
    expect(more).toEqual([])
    expect(decode(a?.get('value') as Encoded)).toBe(1)
    expect((decode(b?.get('value') as Encoded) as NDArray).get(1)).toBe(2)
    expect(b?.get('keys')).toEqual(new Set(['k']))
    expect(batch.length).toBe(0)
  })

  test('takes values of ours as Python has them', () => {
    expect(there({ a: [1, 'x'], b: new Date(5000) })).toEqual({ a: [1, 'x'], b: new Date(5000) })
    expect(there(new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 2]))
    const array = new NDArray(new Float32Array([1, 2, 3, 4, 5, 6]), { shape: [2, 3] })
    const turned = there(array.transposed()) as NDArray
    expect([turned.dtype, turned.shape, turned.get(2, 0), turned.get(2, 1)]).toEqual(['float32', [3, 2], 3, 6])
  })

  test('keeps a value of Dask’s recognisable', () => {
    expect(isSerialized(valueIn('int'))).toBe(true)
    expect(isSerialized(encode(5))).toBe(false)
  })
})

describe('a hostile message', () => {
  const named = (marker: object) => packDask(marker)

  test('that names what is not there is refused', () => {
    expect(() => unpackDask([])).toThrow(ProtocolError)
    expect(() => unpackDask(named({ __Serialized__: 7 }))).toThrow(ProtocolError)
    expect(() => unpackDask(named({ __Serialized__: -1 }))).toThrow(ProtocolError)
    const [head = new Uint8Array(), header = new Uint8Array()] = framesOf('array')
    expect(() => unpackDask([head, header])).toThrow('frames that are not there')
  })

  test('that is damaged costs one error', () => {
    const damage = (name: string, at: number) => {
      const frames = framesOf(name)
      const frame = frames[1 + (at % (frames.length - 1))] as Uint8Array
      frame[at % frame.length] = (frame[at % frame.length] as number) ^ 0xff
      try {
        decode((unpackDask(frames) as Message).get('value') as Encoded)
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof ProtocolError)) throw error
      }
    }
    for (const name of ['array', 'dict', 'tuple keys', 'arrays', 'lz4', 'zlib', 'split'])
      for (let at = 0; at < 400; at++) damage(name, at)
  })

  test('cannot make much of little', () => {
    expect(() => decompress('lz4', Uint8Array.of(255, 255, 255, 255, 0))).toThrow(DecodeError)
    expect(() => decompress('lz4', Uint8Array.of(8, 0, 0, 0, 0x04, 9, 0))).toThrow(DecodeError)
    expect(() => decompress('zlib', Uint8Array.of(1, 2, 3))).toThrow(DecodeError)
  })
})
