import { describe, expect, test } from 'vitest'
import { CloneError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'

const back = (value: unknown) => decode(encode(value))

const CLASSES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

describe.each([3, 5000])('of %i items', (length) => {
  for (const Class of CLASSES) {
    test(`a ${Class.name} comes back, alone and within a value`, () => {
      const array = new Class(length)
      new Uint8Array(array.buffer).forEach((_, i, bytes) => {
        bytes[i] = i * 31
      })
      expect(back(array)).toStrictEqual(array)
      expect(back({ deep: [array] })).toStrictEqual({ deep: [array] })
    })
  }

  test('an ArrayBuffer, a DataView and a Buffer stay what they are', () => {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => i))
    const buffer = new Uint8Array(bytes).buffer
    const view = new DataView(buffer, 1, length - 2)
    for (const value of [bytes, buffer]) {
      expect(back(value)).toStrictEqual(value)
      expect(back([value])).toStrictEqual([value])
    }
    for (const found of [back(view), (back([view]) as DataView[])[0]] as DataView[]) {
      expect([found.constructor, found.byteLength, found.getUint8(0)]).toEqual([DataView, length - 2, 1])
    }
  })
})

test('every bit of a NaN is kept', () => {
  const bits = BigUint64Array.of(0x7ff8_0000_dead_beefn, 0xfff0_0000_0000_0001n, 0x8000_0000_0000_0000n)
  const found = back(new Float64Array(bits.buffer)) as Float64Array
  expect(new BigUint64Array(found.buffer)).toEqual(bits)
})

test('a Float64Array of a million comes back bit by bit', () => {
  const array = Float64Array.from({ length: 1e6 }, (_, i) => (i % 3 === 0 ? -0 : i % 3 === 1 ? Number.NaN : i / 7))
  const found = back(array) as Float64Array
  expect(Buffer.compare(Buffer.from(array.buffer), Buffer.from(found.buffer))).toBe(0)
})

describe('large buffers lie beside the head, small ones in it', () => {
  test.each([
    ['4095 bytes', 4095, 0],
    ['4096 bytes', 4096, 1],
  ])('%s', (_, length, count) => {
    expect(encode(new Uint8Array(length)).buffers).toHaveLength(count)
    expect(encode([new Uint8Array(length)]).buffers).toHaveLength(count)
  })

  test('in memory that the caller gives', () => {
    const given: Uint8Array[] = []
    const memory = (nbytes: number) => {
      given.push(new Uint8Array(new SharedArrayBuffer(nbytes)))
      return given.at(-1) as Uint8Array
    }
    const value = [new Uint8Array(5000).fill(1), new Float64Array(1000).fill(2)]
    const encoded = encode(value, { memory })
    expect(encoded.buffers).toEqual(given)
    expect(decode(encoded)).toStrictEqual(value.map((array) => asShared(array)))
  })

  test('in the memory of the value itself, if the caller says so', () => {
    const array = new Float64Array(1000)
    for (const encoded of [encode(array, { memory: 'share' }), encode([array], { memory: 'share' })]) {
      expect(encoded.buffers[0]?.buffer).toBe(array.buffer)
    }
  })

  test('in the memory of the value itself, if the caller decides so when asked', () => {
    const array = new Float64Array(1000)
    const encoded = encode([array], { memory: (_, source) => source })
    expect(encoded.buffers[0]?.buffer).toBe(array.buffer)
  })
})

function asShared(array: Uint8Array | Float64Array) {
  const copy = new Uint8Array(new SharedArrayBuffer(array.byteLength))
  copy.set(new Uint8Array(array.buffer))
  return array instanceof Float64Array ? new Float64Array(copy.buffer) : copy
}

describe('decoding', () => {
  test('gives views of the encoded buffers', () => {
    const encoded = encode([new Float64Array(1000)])
    const [array] = decode(encoded) as [Float64Array]
    expect(array.buffer).toBe(encoded.buffers[0]?.buffer)
  })

  test('gives memory of its own when asked for', () => {
    for (const encoded of [encode([new Float64Array(1000)]), encode(new Float64Array(1000))]) {
      const [array] = [decode(encoded, { buffers: 'copy' })].flat() as [Float64Array]
      array.fill(7)
      expect(encoded.buffers[0]).toEqual(new Uint8Array(8000))
    }
  })

  test('never gives memory of the head', () => {
    const encoded = encode([new Uint8Array(8), 1])
    const before = encoded.head.slice()
    ;(decode(encoded) as [Uint8Array])[0].fill(255)
    expect(encoded.head).toEqual(before)
  })

  test('an ArrayBuffer from shared memory is an ordinary one', () => {
    const memory = (nbytes: number) => new Uint8Array(new SharedArrayBuffer(nbytes))
    const found = decode(encode([new ArrayBuffer(5000)], { memory })) as [ArrayBuffer]
    expect(found[0]).toBeInstanceOf(ArrayBuffer)
  })

  test('works from buffers that lie at odd addresses', () => {
    const array = Float64Array.from({ length: 1000 }, (_, i) => i)
    const odd = new Uint8Array(8003).subarray(3)
    const encoded = encode([array], { memory: () => odd })
    expect(decode(encoded)).toStrictEqual([array])
  })
})

describe('views of one buffer', () => {
  test('share it afterwards, too', () => {
    const bytes = new Uint8Array(64)
    const value = { whole: bytes.buffer, bytes, doubles: new Float64Array(bytes.buffer, 8, 2) }
    const found = back(value) as typeof value
    found.doubles[0] = 1
    expect(found.bytes.subarray(8, 16)).toEqual(new Uint8Array(Float64Array.of(1).buffer))
    expect([found.bytes.buffer, found.doubles.buffer]).toEqual([found.whole, found.whole])
    expect(found.bytes.buffer === found.whole).toBe(true)
  })

  test('share it if together they show half of it', () => {
    const buffer = new ArrayBuffer(16)
    const [a, b] = back([new Uint8Array(buffer, 0, 8), new Float64Array(buffer, 8)]) as [Uint8Array, Float64Array]
    expect(a.buffer === b.buffer).toBe(true)
  })

  test('share it when it is large', () => {
    const buffer = new ArrayBuffer(100_000)
    const value = [new Uint8Array(buffer, 3, 60_000), new Float64Array(buffer, 8, 1000)]
    const encoded = encode(value)
    const [a, b] = decode(encoded) as [Uint8Array, Float64Array]
    b[0] = Math.PI
    expect(encoded.buffers).toHaveLength(1)
    expect(a.subarray(5, 13)).toEqual(new Uint8Array(Float64Array.of(Math.PI).buffer))
  })

  test('a small one does not drag the rest along', () => {
    const large = new Uint8Array(1e6)
    const value = [large.subarray(0, 10), large.subarray(500_000, 500_010)]
    expect(encode(value).size).toBeLessThan(100)
    expect(back(value)).toStrictEqual(value)
  })

  test('bytes between two small Buffers, which are others, do not travel', () => {
    const [a, secret, b] = [Buffer.from('first'), Buffer.from('a secret'), Buffer.from('second')]
    const { head } = encode([a, b])
    expect(Buffer.from(head).includes(secret)).toBe(false)
  })

  test('equal Buffers have equal bytes, wherever they lie', () => {
    const one = encode([Buffer.from('a'), Buffer.from('b')])
    Buffer.from('something between')
    const a = Buffer.from('a')
    Buffer.from('something else')
    expect(encode([a, Buffer.from('b')])).toEqual(one)
  })
})

describe('sizes', () => {
  test.each([
    ['a Uint8Array', new Uint8Array(1024), 1024],
    ['a large Float64Array', new Float64Array(1e5), 8e5],
    ['an ArrayBuffer', new ArrayBuffer(10), 10],
    ['a view of a part', new Uint8Array(1e6).subarray(0, 100), 100],
    ['a Buffer', Buffer.from('four'), 4],
  ])('of %s is exact', (_, value, nbytes) => {
    expect(encode(value).nbytes).toBe(nbytes)
  })

  test('of an object is about what it holds', () => {
    const { nbytes } = encode({ a: new Float64Array(1000), text: 'x'.repeat(500) })
    expect(nbytes).toBeGreaterThan(8500)
    expect(nbytes).toBeLessThan(8600)
  })
})

test('the head of a small value holds on to no more than itself', () => {
  expect(encode([1]).head.buffer.byteLength).toBeLessThanOrEqual(64)
  expect(encode('x'.repeat(1000)).head.buffer.byteLength).toBe(encode('x'.repeat(1000)).head.byteLength)
})

test('a typed array whose memory was transferred away is refused, alone, too', () => {
  const array = new Uint8Array(8)
  structuredClone(array, { transfer: [array.buffer] })
  expect(() => encode(array)).toThrow(CloneError)
  expect(() => encode([array])).toThrow('[0] is memory that was transferred away')
})
