import { expect, test } from 'vitest'
import { Encoded } from '../../../src/values/encoded.js'
import { hashOf } from '../../../src/values/hash.js'
import { contentHash } from '../../../src/worker/content-hash.js'

const head = new Uint8Array([1, 2, 3])
const large = new Uint8Array(3 * 2 ** 20 + 7).map((_, i) => i)

test.each<[string, Uint8Array[]]>([
  ['no buffers', []],
  ['a buffer of several slices', [large]],
  ['several buffers', [large, new Uint8Array(0), new Uint8Array([4])]],
])('a value with %s has the same hash in slices as in one go', async (_what, buffers) => {
  const value = new Encoded(head, buffers, 0)
  expect(await contentHash(value)).toBe(hashOf(value))
})

test('a large value is hashed between the turns of others', async () => {
  let turns = 0
  const count = setInterval(() => turns++, 0)
  await contentHash(new Encoded(head, [new Uint8Array(64 * 2 ** 20)], 0))
  clearInterval(count)
  expect(turns).toBeGreaterThan(5)
})

test('bytes that move from one buffer to the next make another value', () => {
  const a = new Encoded(head, [new Uint8Array(2), new Uint8Array(1)], 0)
  const b = new Encoded(head, [new Uint8Array(1), new Uint8Array(2)], 0)
  expect(hashOf(a)).not.toBe(hashOf(b))
})
