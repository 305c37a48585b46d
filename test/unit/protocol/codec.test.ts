import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../../src/errors.js'
import { heddleCodec, pack, unpack } from '../../../src/protocol/codec.js'
import { Encoded } from '../../../src/values/encoded.js'

const back = (message: unknown) => unpack(pack(message))
const bytesOf = (n: number, seed = 1) => Uint8Array.from({ length: n }, (_, i) => (i * 7 + seed) & 255)

describe('a message', () => {
  test.each<[string, unknown]>([
    ['text of every width', ['', 'a', 'ü', '😀', 'x'.repeat(31), 'x'.repeat(32), 'ü'.repeat(70), 'x'.repeat(70_000)]],
    ['small integers', [0, 1, 127, 128, 255, 256, 65_535, 65_536, -1, -32, -33, -128, -129, -70_000]],
    ['integers over 32 bits', [2 ** 31, 2 ** 32, 5e9, 2 ** 32 * 7 + 3, -(2 ** 40), Number.MAX_SAFE_INTEGER]],
    ['fractions and what is no number', [0.5, -1.25, 1e300, Number.NaN, Number.POSITIVE_INFINITY, -0]],
    ['bigints of 64 bits', [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n]],
    ['true, false and null', [true, false, null]],
    ['lists of every length', [[], [1], Array.from({ length: 20 }, (_, i) => i), new Array(70_000).fill(1)]],
    [
      'maps with any keys',
      [
        new Map<unknown, unknown>([
          ['__proto__', 1],
          ['a', new Map([[1, 2]])],
          [7, 'x'],
          ['7', 'y'],
        ]),
      ],
    ],
    ['many entries', [new Map(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))]],
    ['small bytes', [new Uint8Array(0), bytesOf(1), bytesOf(300), bytesOf(4095)]],
  ])('carries %s', (_what, values) => {
    expect(back(values)).toEqual(values)
  })

  test('keeps integers integers for readers that tell them from floats', () => {
    const [head] = pack(5e9)
    expect(head?.[0]).toBe(0xd3)
  })

  test('carries large bytes as a frame of their own, without a copy', () => {
    const large = bytesOf(100_000)
    const frames = pack({ op: 'x', a: large, b: 1 })
    expect(frames[1]).toBe(large)
    expect(unpack(frames)).toEqual({ op: 'x', a: large, b: 1 })
  })

  test('carries encoded values without opening them: small heads within, large heads and buffers beside', () => {
    const small = new Encoded(bytesOf(10), [bytesOf(5000), bytesOf(9000, 3)], 14_000)
    const large = new Encoded(bytesOf(100_000), [], 5)
    const frames = pack({
      data: new Map([
        ['x', small],
        ['y', large],
      ]),
    })
    expect(frames.slice(1)).toEqual([...small.buffers, large.head])
    expect(unpack(frames)).toEqual({
      data: new Map([
        ['x', small],
        ['y', large],
      ]),
    })
  })

  test('leaves out fields that are undefined, and makes null of it elsewhere', () => {
    expect(back({ a: undefined, b: 1, c: [undefined] })).toEqual({ b: 1, c: [null] })
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, i % 2 ? i : undefined]))
    expect(Object.keys(back(many) as object)).toHaveLength(20)
  })

  test('gives objects that inherit nothing, whatever their fields are called', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": 3}') as object
    const read = back(hostile) as Record<string, unknown>
    expect(Object.keys(read).sort()).toEqual(['__proto__', 'constructor', 'toString'])
    expect('polluted' in read || 'polluted' in {}).toBe(false)
    expect((back({}) as Record<string, unknown>).hasOwnProperty).toBeUndefined()
  })

  test('gives bytes that do not hold on to the whole message', () => {
    const [, small] = back(['x'.repeat(5000), bytesOf(10)]) as [string, Uint8Array]
    expect(small.buffer.byteLength).toBe(10)
  })

  test.each<[string, unknown]>([
    ['a function', { f: () => 1 }],
    ['a symbol', [Symbol('x')]],
    ['an instance of a class', { d: new Date() }],
    ['a promise', [Promise.resolve()]],
    ['a set', new Set([1])],
    ['a bigint of more than 64 bits', 2n ** 64n],
  ])('refuses %s at the sender', (_what, value) => {
    expect(() => pack(value)).toThrow(TypeError)
  })

  test('refuses a circle, and what is nested too deep, on both sides', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => pack(circle)).toThrow(TypeError)
    expect(() => unpack([new Uint8Array(1000).fill(0x91)])).toThrow(/nested deeper/)
  })

  test('that failed to pack leaves nothing behind for the next', () => {
    const value = new Encoded(bytesOf(5), [bytesOf(5000)], 5000)
    expect(() => pack([value, 'text', () => 1])).toThrow(TypeError)
    expect(pack(1)).toEqual([Uint8Array.of(1)])
  })

  test('that no node would take is refused at the sender, in words, and leaves nothing behind', () => {
    const large = bytesOf(4096)
    const many = new Array<Uint8Array>(60_001).fill(large)
    expect(() => pack(many)).toThrow(/60001 large buffers is more than a node takes .* Send it in parts/)
    expect(() => pack('x'.repeat(63 * 1024 * 1024))).toThrow(expect.objectContaining({ code: 'HEDDLE_MESSAGE_SIZE' }))
    expect(pack(1)).toEqual([Uint8Array.of(1)])
    expect(pack(many.slice(1))).toHaveLength(60_001)
  })

  test.each<[string, Uint8Array[]]>([
    ['no frames', []],
    ['an empty frame', [new Uint8Array(0)]],
    ['bytes behind the message', [Uint8Array.of(1, 2)]],
    ['a frame that nothing names', [Uint8Array.of(1), bytesOf(3)]],
    ['fewer bytes than its text', [Uint8Array.of(0xd9, 200, 65)]],
    ['fewer entries than it says', [Uint8Array.of(0xdd, 0x7f, 0xff, 0xff, 0xff)]],
    ['a field whose name is a number', [Uint8Array.of(0x81, 1, 1)]],
    ['an unknown extension', [Uint8Array.of(0xc7, 0, 0x99)]],
    ['an extension of a fixed size', [Uint8Array.of(0xd4, 0x4d, 0)]],
    ['a map that is none', [Uint8Array.of(0xc7, 1, 0x4d, 1)]],
    ['an encoded value that names a frame too much', [Uint8Array.of(0xc7, 4, 0x45, 5, 0xc4, 0, 1)]],
    ['an encoded value with a negative size', [Uint8Array.of(0xc7, 4, 0x45, 0xff, 0xc4, 0, 0)]],
    ['an encoded value whose head is text', [Uint8Array.of(0xc7, 3, 0x45, 5, 0xa0, 0)]],
    ['an extension whose length is wrong', [Uint8Array.of(0xc7, 9, 0x4d, 0x80, 1, 1, 1, 1, 1, 1, 1, 1)]],
    ['a large frame that is not there', [Uint8Array.of(0xc7, 0, 0x46)]],
  ])('is refused with %s', (_what, frames) => {
    expect(() => unpack(frames)).toThrow(ProtocolError)
  })
})

describe('a batch', () => {
  test('is a list of its messages, in order, and empty afterwards', () => {
    const batch = heddleCodec.batch()
    batch.add({ op: 'a' })
    batch.add({ op: 'b', value: new Encoded(bytesOf(3), [bytesOf(5000)], 5000) })
    expect([batch.length, batch.nframes]).toEqual([2, 1])
    expect(heddleCodec.unpack(batch.take())).toEqual([{ op: 'a' }, { op: 'b', value: expect.any(Encoded) }])
    expect([batch.length, batch.nbytes, batch.nframes]).toEqual([0, 0, 0])
    batch.add(7)
    expect(heddleCodec.unpack(batch.take())).toEqual([7])
  })

  test('is as before after a message that cannot be packed', () => {
    const batch = heddleCodec.batch()
    expect(() => batch.add([bytesOf(5000), () => 1])).toThrow(TypeError)
    batch.add(1)
    expect(() => batch.add({ f: () => 1 })).toThrow(TypeError)
    batch.add(2)
    expect(heddleCodec.unpack(batch.take())).toEqual([1, 2])
  })

  test('packs a message when it is added', () => {
    const batch = heddleCodec.batch()
    const message = { keys: ['a'] }
    batch.add(message)
    message.keys.push('b')
    expect(heddleCodec.unpack(batch.take())).toEqual([{ keys: ['a'] }])
  })
})
