import { expect, test } from 'vitest'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import { Encoded } from '../../../src/values/encoded.js'
import { TinyValues } from '../../../src/values/tiny-values.js'

test('equal small values are one object, which has the value still and none of the memory it came in', () => {
  const tiny = new TinyValues()
  for (const value of [undefined, 1, 2, true, 'abc', 1, undefined]) {
    const frame = new Uint8Array(4096)
    const encoded = encode(value)
    frame.set(encoded.head, 100)
    const head = frame.subarray(100, 100 + encoded.head.byteLength)
    const shared = tiny.shared(new Encoded(head, [], encoded.nbytes))
    expect(shared).toBe(tiny.shared(encode(value)))
    expect(decode(shared!)).toEqual(value)
    expect(shared!.head.buffer.byteLength).toBeLessThan(100)
  }
})

test('values that differ in their bytes or their size are not taken for one another', () => {
  const tiny = new TinyValues()
  const bytes = Uint8Array.of(1, 2)
  const all = [new Encoded(bytes, [], 2), new Encoded(bytes, [], 3), new Encoded(Uint8Array.of(1, 3), [], 2)]
  expect(new Set(all.map((one) => tiny.shared(one))).size).toBe(3)
})

test('large values are not shared, and only so many small ones are remembered', () => {
  const tiny = new TinyValues()
  expect(tiny.shared(encode('a text of more than sixteen bytes'))).toBeUndefined()
  expect(tiny.shared(new Encoded(Uint8Array.of(1), [new Uint8Array(5000)], 5000))).toBeUndefined()
  for (let i = 0; i < 1000; i++) expect(tiny.shared(encode(i))).toBeDefined()
  expect(tiny.shared(encode(-1))).toBeUndefined()
  expect(tiny.shared(encode(7))).toBe(tiny.shared(encode(7)))
})
