import { expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import { LinkMemory } from '../../../../src/worker/executor/link-memory.js'
import { Outgoing } from '../../../../src/worker/executor/outgoing.js'
import { Arena } from '../../../../src/worker/memory/arena.js'

const MIB = 2 ** 20

/** A thread that has made results of 1 MiB, and an arena with free blocks of that size. */
function open(results: number, free: number) {
  const arena = new Arena()
  const memory = new LinkMemory(arena)
  const values = Array.from({ length: free }, () => new Encoded(new Uint8Array(1), [arena.allocate(MIB)], 1))
  for (const value of values) arena.retain(value)
  for (const value of values) arena.release(value)
  const made = () => memory.receive([{ id: 0, memory: new SharedArrayBuffer(MIB), from: 0, length: MIB, shown: false }])
  for (let i = 0; i < results; i++) made()
  /** The numbers of the blocks that leave with the next message. */
  const lent = () => {
    const outgoing = new Outgoing()
    memory.lend(outgoing)
    return (outgoing.take()?.lend ?? []).map(([id]) => id)
  }
  return { arena, memory, made, lent }
}

test('a thread is lent memory of the size of its results, two blocks for each and four at most', () => {
  expect(open(0, 8).lent()).toEqual([])
  expect(open(1, 8).lent()).toHaveLength(2)
  expect(open(5, 8).lent()).toHaveLength(4)
  expect(open(5, 1).lent()).toHaveLength(1)
})

test('what a thread gives back unused is free for others, and is not lent again before it makes such results', () => {
  const { arena, memory, made, lent } = open(2, 4)
  const ids = lent()
  expect(ids).toHaveLength(4)
  for (const id of ids) memory.gone(id)
  expect(arena.lend(MIB)).toBeDefined()
  expect(lent()).toEqual([])
  made()
  expect(lent()).toHaveLength(2)
})
