import { expect, test } from 'vitest'
import { ALICE, BOB, TableTop } from './table-top.js'

/** As many keys as one message may have. */
const KEYS_MAX = 4096

function network(options = {}): TableTop {
  const t = new TableTop(options)
  t.worker(ALICE, { nthreads: 10_000 })
  t.client()
  return t
}

test('a worker of which very many values are freed by a restart is told in messages of some thousand keys', () => {
  const t = network()
  const keys = Array.from({ length: 10_000 }, (_, i) => `x${i}`)
  t.has(ALICE, keys, { replaces: true })
  t.graph({ a: [] })
  t.push({ type: 'restart' })
  t.goOn()
  const freed = t.told('free-keys', ALICE).map(({ keys }) => keys)
  expect(Math.max(...freed.map((keys) => keys.length))).toBeLessThanOrEqual(KEYS_MAX)
  expect(freed.flat().sort()).toEqual([...keys, 'a'].sort())
  expect(t.states).toEqual({})
})

test('a restart takes turns, and what happens meanwhile comes after it', () => {
  const t = network({ turnSteps: 10 })
  t.map('m', 100)
  t.goOn()
  const { run_id } = t.lastRun('m-7')
  t.clear()
  t.push({ type: 'restart' })
  t.finish('m-7', { run_id })
  t.graph({ a: [] })
  expect(t.heard('restart')).toEqual([])
  expect(t.goOn()).toBeGreaterThan(2)
  expect(t.heard('restart')).toHaveLength(1)
  expect(t.heard('key-in-memory')).toEqual([])
  expect(t.states).toEqual({ a: 'processing' })
})

test('workers that are replaced when they end make room for others; the rest stays', () => {
  const t = network()
  t.worker(BOB, { supervised: true })
  t.graph({ a: [] })
  const out = t.push({ type: 'restart', anew: true })
  expect(t.told('close', BOB)).toMatchObject([{ again: true }])
  expect(out.filter((i) => i.do === 'close-worker').map((i) => i.worker)).toEqual([BOB])
  expect(t.told('close', ALICE)).toEqual([])
  t.leave(BOB, { expected: true })
  t.graph({ b: [] })
  expect(t.lastRun('b').worker).toBe(ALICE)
})

test('a copy that is on its way at a restart is not wanted any more', () => {
  const t = network()
  t.graph({ a: [] })
  t.finish('a')
  t.worker(BOB)
  t.push({ type: 'replicate', keys: ['a'], n: 2 })
  expect(t.told('acquire-replicas', BOB)).toHaveLength(1)
  t.push({ type: 'restart' })
  expect(t.told('remove-replicas', BOB)).toMatchObject([{ keys: ['a'] }])
})
