import { describe, expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import { Arena } from '../../../../src/worker/memory/arena.js'
import { blockSizeFor } from '../../../../src/worker/memory/size-class.js'

const MIB = 2 ** 20
const valueIn = (...buffers: Uint8Array[]) => new Encoded(new Uint8Array(1), buffers, 1)

function arena() {
  const collected: string[] = []
  const arena = new Arena({ keepBytes: 4 * MIB, slackBytes: 2 * MIB })
  arena.collectors.add({
    collectAll: () => collected.push('all'),
    collectViewers: () => collected.push('viewers'),
  })
  return { arena, collected }
}

describe('memory of the arena', () => {
  test('begins at a multiple of 64 and is what was asked for, though its block may be larger', () => {
    const { arena: one } = arena()
    for (const nbytes of [4096, 5000, 1_000_001]) {
      const bytes = one.allocate(nbytes)
      expect(bytes.byteLength).toBe(nbytes)
      expect(bytes.byteOffset % 64).toBe(0)
      expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
    }
  })

  test('is used again when its last owner has let go, and not before', () => {
    const { arena: one } = arena()
    const value = valueIn(one.allocate(MIB))
    one.retain(value)
    one.retain(value)
    one.release(value)
    expect(one.allocate(MIB).buffer).not.toBe(value.buffers[0]!.buffer)
    expect(one.ownedBytes).toBe(MIB)
    one.release(value)
    expect(one.freeBytes).toBe(MIB)
    expect(one.allocate(MIB - 100).buffer).toBe(value.buffers[0]!.buffer)
    expect(one.freeBytes).toBe(0)
  })

  test('that threads make again and again is not kept beyond what was ever of use at once', () => {
    const one = new Arena({ keepBytes: 1024 * MIB, slackBytes: 1024 * MIB })
    for (let i = 0; i < 300; i++) one.discard(valueIn(new Uint8Array(one.adopt(new SharedArrayBuffer(MIB)).memory)))
    expect(one.freeBytes).toBeLessThanOrEqual((64 + 64) * MIB)
  })

  test('that two values share is used again after both', () => {
    const { arena: one } = arena()
    const bytes = one.allocate(MIB)
    const [whole, part] = [valueIn(bytes), valueIn(bytes.subarray(0, MIB / 2))]
    one.retain(whole)
    one.retain(part)
    one.release(whole)
    expect(one.freeBytes).toBe(0)
    one.release(part)
    expect(one.freeBytes).toBe(MIB)
  })

  test('that nobody wanted after all is free', () => {
    const { arena: one } = arena()
    one.discard(valueIn(one.allocate(MIB)))
    expect(one.freeBytes).toBe(MIB)
  })

  test('of others is not counted', () => {
    const { arena: one } = arena()
    const value = valueIn(new Uint8Array(MIB), new Uint8Array(new SharedArrayBuffer(MIB)))
    one.retain(value)
    one.release(value)
    one.discard(value)
    expect([one.ownedBytes, one.freeBytes]).toEqual([0, 0])
  })

  test('that a thread may have views of is used again only when they are gone', () => {
    const { arena: one } = arena()
    const value = valueIn(one.allocate(MIB))
    const block = one.blockOf(value.buffers[0]!)!
    one.retain(value)
    one.addView(block)
    one.addView(block)
    one.release(value)
    expect([one.pinnedBytes, one.freeBytes]).toEqual([MIB, 0])
    one.removeView(block)
    expect(one.freeBytes).toBe(0)
    one.removeView(block)
    expect([one.pinnedBytes, one.freeBytes]).toEqual([0, MIB])
  })

  test('that a value still lies in survives the end of all views', () => {
    const { arena: one } = arena()
    const value = valueIn(one.allocate(MIB))
    const block = one.blockOf(value.buffers[0]!)!
    one.retain(value)
    one.addView(block)
    one.removeView(block)
    expect([one.ownedBytes, one.freeBytes]).toEqual([MIB, 0])
  })

  test('is given back when there is more of it than is to be kept', () => {
    const { arena: one } = arena()
    const values = Array.from({ length: 6 }, () => valueIn(one.allocate(MIB)))
    for (const value of values) one.retain(value)
    for (const value of values) one.release(value)
    const kept = new Set(Array.from({ length: 6 }, () => one.allocate(MIB).buffer))
    expect(values.filter(({ buffers: [bytes] }) => kept.has(bytes!.buffer))).toHaveLength(4)
  })

  test('that was viewed in main is never used again', () => {
    const { arena: one } = arena()
    const value = valueIn(one.allocate(MIB))
    one.markViewed(value)
    one.discard(value)
    expect(one.allocate(MIB).buffer).not.toBe(value.buffers[0]!.buffer)
  })
})

describe('a collection is asked for', () => {
  test('of those with views, when what they pin has grown by the slack; what stays is not asked for again', () => {
    const { arena: one, collected } = arena()
    const pin = () => {
      const value = valueIn(one.allocate(MIB))
      one.retain(value)
      one.addView(one.blockOf(value.buffers[0]!)!)
      one.release(value)
    }
    pin()
    pin()
    expect(collected).toEqual([])
    pin()
    expect(collected).toEqual(['viewers'])
    one.noteCollected()
    pin()
    expect(collected).toEqual(['viewers'])
    pin()
    pin()
    expect(collected).toEqual(['viewers', 'viewers'])
  })

  test('of all, when as much was given up', () => {
    const { arena: one, collected } = arena()
    for (let i = 0; i < 2; i++) {
      const value = valueIn(one.allocate(5 * MIB))
      one.discard(value)
    }
    expect(collected).toContain('all')
  })

  test('of all, when so much was allocated and never owned', () => {
    const { arena: one, collected } = arena()
    for (let i = 0; i < 5; i++) one.allocate(MIB)
    expect(collected).toEqual(['all'])
  })
})

test('blocks are at most an eighth larger than what is to be in them, and there are few sizes', () => {
  const sizes = new Set<number>()
  for (let nbytes = 1; nbytes < 2 ** 20; nbytes += 101) {
    const size = blockSizeFor(nbytes)
    sizes.add(size)
    expect(size).toBeGreaterThanOrEqual(nbytes)
    expect(size).toBeLessThanOrEqual(Math.max(4096, nbytes * 1.125))
  }
  expect(sizes.size).toBeLessThan(8 * 8 + 2)
})
