import { expect, test } from 'vitest'
import { ALICE, BOB, TableTop } from './table-top.js'

test('an idle worker is given what a busy one has not begun', () => {
  const u = new TableTop()
  u.worker(ALICE)
  u.client()
  u.graph({ x: [] })
  u.finish('x')
  for (const key of 'abcdef') u.graph({ [key]: { deps: ['x'], function: 'code#g' } })
  u.clear()
  u.worker(BOB)
  u.advance(1000)
  const asked = u.told('steal-request', ALICE)
  expect(asked.length).toBeGreaterThan(0)
  const { key, stimulus_id } = asked[0] as { key: string; stimulus_id: string }
  u.hear(ALICE, { op: 'steal-response', key, state: 'ready', stimulus_id })
  expect(u.lastRun(key).worker).toBe(BOB)
})

test('work that may run in one place only is not stolen', () => {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  t.graph({ a: [], b: [], c: [] }, { options: { workers: ['alice'] } })
  t.worker(BOB)
  t.advance(1000)
  expect(t.told('steal-request')).toEqual([])
})

/** bob is idle, and one steal from alice is under way. */
function stealing(): { t: TableTop; key: string; stimulus_id: string } {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  t.graph({ x: [] })
  t.finish('x')
  for (const key of 'abcd') t.graph({ [key]: { deps: ['x'], function: 'code#g' } })
  t.worker(BOB)
  t.advance(1000)
  const [asked] = t.told('steal-request', ALICE)
  return { t, key: asked?.key ?? '', stimulus_id: asked?.stimulus_id ?? '' }
}

test('a task that runs already stays', () => {
  const { t, key, stimulus_id } = stealing()
  t.hear(ALICE, { op: 'steal-response', key, state: 'executing', stimulus_id })
  expect(t.lastRun(key).worker).toBe(ALICE)
  t.finish(key)
  expect(t.core.state(key)).toBe('memory')
})

test('a task that the victim does not know is run again', () => {
  const { t, key, stimulus_id } = stealing()
  const before = t.lastRun(key).run_id
  t.hear(ALICE, { op: 'steal-response', key, state: null, stimulus_id })
  expect(t.lastRun(key).run_id).toBeGreaterThan(before)
})

test('an answer to an old question is ignored', () => {
  const { t, key } = stealing()
  t.hear(ALICE, { op: 'steal-response', key, state: 'ready', stimulus_id: 'old' })
  expect(t.lastRun(key).worker).toBe(ALICE)
})

test('if the thief is gone when the victim lets go, the task runs where there is room', () => {
  const { t, key, stimulus_id } = stealing()
  t.leave(BOB)
  t.hear(ALICE, { op: 'steal-response', key, state: 'ready', stimulus_id })
  expect(t.lastRun(key).worker).toBe(ALICE)
  expect(t.core.state(key)).toBe('processing')
})

test('a task that ends while it is asked for is done', () => {
  const { t, key, stimulus_id } = stealing()
  t.finish(key)
  t.hear(ALICE, { op: 'steal-response', key, state: 'memory', stimulus_id })
  expect(t.core.state(key)).toBe('memory')
})
