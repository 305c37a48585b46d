import { expect, test } from 'vitest'
import { ALICE, CLIENT, OTHER, TableTop } from './table-top.js'

/** A worker with two slots, and a map of a thousand. */
function mapped(): TableTop {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  t.map('m', 1000)
  return t
}

test('a large map is taken in at once, and its first items run', () => {
  const t = mapped()
  expect(t.sent).toEqual(['m-0@alice', 'm-1@alice'])
  expect(t.core.counts()).toMatchObject({ processing: 2, queued: 998 })
  t.finish('m-0')
  expect(t.sent.at(-1)).toBe('m-2@alice')
  expect(t.core.state('m-999')).toBe('queued')
  expect(t.core.state('m-1000')).toBeUndefined()
})

test('what depends on an item of a map that has not started waits for it', () => {
  const t = mapped()
  t.graph({ sum: ['m-500', 'm-501'] })
  expect(t.core.state('sum')).toBe('waiting')
  expect(t.core.task('m-500')?.state).toBe('queued')
})

test('items that are let go before they start never run', () => {
  const t = mapped()
  t.release(...Array.from({ length: 998 }, (_, i) => `m-${i + 2}`))
  t.finish('m-0')
  t.finish('m-1')
  expect(t.states).toEqual({ 'm-0': 'memory', 'm-1': 'memory' })
})

test('cancelled items are told to their client', () => {
  const t = mapped()
  t.cancel(['m-7', 'm-8'])
  expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['m-7', 'm-8'] }])
  expect(t.core.counts().queued).toBe(996)
})

test('a map goes with its client', () => {
  const t = mapped()
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  expect(t.states).toEqual({})
  expect(t.out).toContainEqual({ do: 'drop-code', hash: 'code' })
})

test('an item is shared with a client that asks for it, and outlives the map', () => {
  const t = mapped()
  t.client(OTHER)
  t.say({ op: 'client-desires-keys', keys: ['m-3'] }, OTHER)
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  expect(Object.keys(t.states)).toEqual(['m-3'])
})

test('the same map again is shared, another under its name is a conflict', () => {
  const t = mapped()
  t.client(OTHER)
  t.map('m', 1000, { client: OTHER })
  t.goOn()
  expect(t.core.counts()).toMatchObject({ processing: 2, queued: 998 })
  t.map('m', 1000, { client: OTHER, recipe: 'other' })
  expect(t.heard('cancelled-keys', OTHER)[0]).toMatchObject({ reason: 'key-conflict' })
  t.graph({ 'm-900': { recipe: 'another' } }, { client: OTHER })
  expect(t.heard('cancelled-keys', OTHER)[1]).toMatchObject({ reason: 'key-conflict', keys: ['m-900'] })
})

test('more urgent tasks overtake a map, and later submissions come after it', () => {
  const t = mapped()
  t.now += 1000
  t.graph({ late: [] })
  t.graph({ urgent: [] }, { options: { priority: 1 } })
  t.finish('m-0')
  t.finish('m-1')
  expect(t.sent.slice(2)).toEqual(['urgent@alice', 'm-2@alice'])
})
