import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Outbox, type OutboxEntry } from '../../../../src/worker/executor/outbox.js'

const entryOf = (id: number, length: number): OutboxEntry => ({
  cell: id,
  code: id % 7,
  start: 1.7e12 + id / 3,
  stop: 1.7e12 + id,
  nbytes: length * 3,
  type: id % 5,
  bytes: new Uint8Array(length).fill(id),
})

function drained(outbox: Outbox): OutboxEntry[] {
  const entries: OutboxEntry[] = []
  outbox.drain((entry) => entries.push(entry))
  return entries
}

test('whatever is put in comes out once, in order and unchanged, however often the ring goes round', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant('drain' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const outbox = Outbox.of(1024)
      // As another thread sees it.
      const other = new Outbox(outbox.memory)
      const waiting: OutboxEntry[] = []
      let id = 0
      for (const one of steps) {
        if (one === 'drain') expect(drained(other)).toEqual(waiting.splice(0))
        else if (outbox.put(entryOf(++id, one))) waiting.push(entryOf(id, one))
      }
      expect(drained(other)).toEqual(waiting)
    }),
  )
})

test('an empty ring has room for anything up to half of it, wherever it stands', () => {
  const outbox = Outbox.of(1024)
  for (let i = 0; i < 1000; i++) {
    expect(outbox.put(entryOf(i, (i * 37) % 400))).toBe(true)
    expect(drained(outbox)).toHaveLength(1)
  }
})

test('a full ring refuses, and takes more after it was read', () => {
  const outbox = Outbox.of(1024)
  let count = 0
  while (outbox.put(entryOf(count, 100))) count++
  expect(count).toBeGreaterThan(4)
  expect(drained(outbox)).toHaveLength(count)
  expect(outbox.put(entryOf(0, 100))).toBe(true)
})

test('only the first to ring has to wake the other side, until that answers', () => {
  const outbox = Outbox.of(1024)
  expect([outbox.ring(), outbox.ring()]).toEqual([true, false])
  outbox.answer()
  expect(outbox.ring()).toBe(true)
})

test('a thread knows whether main comes by itself', () => {
  const outbox = Outbox.of(1024)
  const other = new Outbox(outbox.memory)
  expect(other.isAnnounced).toBe(false)
  outbox.announce(true)
  expect(other.isAnnounced).toBe(true)
  outbox.announce(false)
  expect(other.isAnnounced).toBe(false)
})
