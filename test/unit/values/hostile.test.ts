import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import { Encoded } from '../../../src/values/encoded.js'
import { EXTRA } from '../../../src/values/format.js'

const of = (...head: number[]) => new Encoded(Uint8Array.from(head), [], 0)
const extra = (kind: number, ...rest: number[]) => of(0x13, 0xc1, kind, ...rest)
const HUGE = [0xff, 0xff, 0xff, 0xff, 0x7f]

const HEADS: Record<string, Encoded> = {
  'no bytes at all': of(),
  'an unknown family': of(0x00),
  'only a family': of(0x10),
  'bytes behind the value': of(0x10, 1, 1),
  'a byte that means nothing': of(0x10, 0xc7),
  'an unknown kind': extra(0x7f),
  'a list of four thousand million items': of(0x10, 0xdd, 0xff, 0xff, 0xff, 0xff),
  'an object of four thousand million keys': of(0x10, 0xdf, 0xff, 0xff, 0xff, 0xff),
  'text of four thousand million characters': of(0x10, 0xdb, 0xff, 0xff, 0xff, 0xff),
  'a Map that is too large': extra(EXTRA.map, ...HUGE),
  'a Set that is too large': extra(EXTRA.set, ...HUGE),
  'numbers that are not there': extra(EXTRA.numbers, ...HUGE),
  'a bigint that is too large': extra(EXTRA.bigint, ...HUGE),
  'UTF-16 that is not there': extra(EXTRA.text16, ...HUGE),
  'a length without an end': extra(EXTRA.map, ...new Array(20).fill(0xff)),
  'an array longer than arrays can be': extra(EXTRA.looseArray, ...HUGE, 0x7f, 0),
  'an array with a property length': extra(EXTRA.looseArray, 1, 1, 0xa6, ...Buffer.from('length'), 5),
  'an array with an item beyond its length': extra(EXTRA.looseArray, 1, 1, 5, 5),
  'an array with a key that is none': extra(EXTRA.looseArray, 1, 1, 0xc0, 5),
  'a key that is no text': of(0x10, 0x81, 1, 1),
  'an object of the future': extra(EXTRA.again, 5),
  'keys of the future': extra(EXTRA.sameKeys, 5),
  'an object without prototype that is a number': extra(EXTRA.nullObject, 5),
  'a regular expression that is none': extra(EXTRA.regexp, 0xa1, 0x28, 0xa0, 0),
  'flags that are none': extra(EXTRA.regexp, 0xa1, 0x61, 0xa1, 0x61, 0),
  'a boxed undefined holding itself': extra(EXTRA.boxed, 0xc1, EXTRA.again, 0),
  'an error of numbers': extra(EXTRA.error, 1, 2, 3, 4),
  'an error of unknown parts': extra(EXTRA.error, 0xa0, 0xc0, 0xc0, 0xc0, 9),
  'a view without a table': extra(EXTRA.view, 4),
  'an instance of Object': extra(EXTRA.properties, 0xa6, ...Buffer.from('Object'), 0x80),
  'an instance of __proto__': extra(EXTRA.instance, 0xa9, ...Buffer.from('__proto__'), 0x80),
  'an NDArray of nothing': extra(EXTRA.ndarray, 0xa3, ...Buffer.from('foo'), 0),
  'an Arrow table of nothing': extra(EXTRA.arrow, 0, 0, 0),
  'an Arrow table of noise': extra(EXTRA.arrow, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1),
  'no room for a table': of(0x14, 1),
  'a table larger than all': of(0x14, 1, 0xff, 0xff, 0xff, 0xff),
  'a table of too many buffers': of(0x14, 1, 0x7f, 0, 0, 0, 1),
  'a view beyond its buffer': of(0x14, 0xc1, EXTRA.view, 4, 1, 8, 1, 2, 0, 1, 5, 0, 0, 0, 6),
  'a buffer that is not there': of(0x14, 0xc1, EXTRA.view, 4, 1, 2, 0, 0, 0, 0, 0, 0, 5),
  'a view that is not aligned': of(0x14, 0xc1, EXTRA.view, 11, 1, 12, 1, 2, 3, 0, 0, 3, 0, 0, 0, 8),
  'a bare typed array of half an item': of(0x2b, 1, 2, 3),
  'a bare typed array of no kind': of(0x2f, 1, 2, 3),
  'a reference that nobody resolves': extra(EXTRA.reference, 0xa1, 0x61),
}

describe('bytes that are no value are a DecodeError', () => {
  for (const [name, encoded] of Object.entries(HEADS)) {
    test(name, () => {
      expect(() => decode(encoded)).toThrow(DecodeError)
    })
  }

  test('more or fewer buffers than the head names, or of other sizes', () => {
    const good = encode([new Uint8Array(5000), new Uint8Array(6000)])
    const bare = encode(new Uint8Array(5000))
    const [a, b] = good.buffers as [Uint8Array, Uint8Array]
    for (const [head, buffers] of [
      [good.head, [a]],
      [good.head, [b, a]],
      [good.head, [a, b, a]],
      [bare.head, [a, a]],
      [bare.head, [new Uint8Array(3)]],
      [encode([1]).head, [a]],
    ] as const) {
      expect(() => decode(new Encoded(head, buffers, 0))).toThrow(DecodeError)
    }
  })
})

test('a million levels are refused before the stack is full', () => {
  const head = new Uint8Array(1_000_000).fill(0x91)
  head[0] = 0x10
  expect(() => decode(new Encoded(head, [], 0))).toThrow('nested deeper')
})

test('lists that promise much and hold nothing take no memory', () => {
  const head = new Uint8Array(2_000_000)
  head[0] = 0x10
  // Each of 900 lists says that it holds nearly as many items as there are bytes.
  for (let i = 0; i < 900; i++) head.set([0xdd, 0x00, 0x1b, 0x00, 0x00], 1 + 5 * i)
  head.fill(0xc7, 5000)
  const before = process.memoryUsage().rss
  expect(() => decode(new Encoded(head, [], 0))).toThrow(DecodeError)
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
})

test('a sparse array of the greatest length takes no memory', () => {
  const found = decode(extra(EXTRA.looseArray, 0xff, 0xff, 0xff, 0xff, 0x0f, 0)) as unknown[]
  expect([found.length, Object.keys(found)]).toEqual([2 ** 32 - 1, []])
})

test('names of what every object has do no harm', () => {
  const head = encode(JSON.parse('{"__proto__": {"a": 1}, "constructor": {"prototype": {"b": 1}}}'))
  decode(head)
  expect([Reflect.get({}, 'a'), Reflect.get({}, 'b')]).toEqual([undefined, undefined])
})
