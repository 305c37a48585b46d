import { expect, test } from 'vitest'
import type { CoreOptions } from '../../../../src/scheduler/core/options.js'
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

test('the place of a task that was freed while it was asked back is free when its worker has let go of it', () => {
  const t = askedFor(20)
  const { key, stimulus_id } = t.told('steal-request', ALICE)[0] as { key: string; stimulus_id: string }
  const busy = () => t.core.workers().get(ALICE)?.busy
  const before = busy()
  t.say({ op: 'client-releases-keys', keys: [key] })
  expect(busy()).toBe(before)
  t.hear(ALICE, { op: 'steal-response', key, state: 'ready', stimulus_id })
  expect(busy()).toBe(before! - 1)
})

/** What alice, who has them all, is asked to give to bob. */
function askedFor(tasks: number, bob: { nthreads?: number } = {}, options: Partial<CoreOptions> = {}): TableTop {
  const t = new TableTop(options)
  t.worker(ALICE)
  t.client()
  t.graph({ x: [] })
  t.finish('x')
  for (let i = 0; i < tasks; i++) t.graph({ [`a${i}`]: { deps: ['x'], function: 'code#g' } })
  t.clear()
  t.worker(BOB, bob)
  t.advance(0)
  return t
}

test('a worker that comes late is looked after at once, with as much as balances the two', () => {
  expect(askedFor(20).told('steal-request', ALICE)).toHaveLength(10)
})

test('a worker of many threads is given as much more', () => {
  expect(askedFor(20, { nthreads: 3 }).told('steal-request', ALICE)).toHaveLength(14)
})

test('an interval of 0 is for never', () => {
  const t = askedFor(20, {}, { stealIntervalMs: 0 })
  t.advance(10_000)
  expect(t.told('steal-request')).toEqual([])
})

test('not more is asked for at once than a victim can well answer, and the rest soon after', () => {
  const t = askedFor(600)
  expect(t.told('steal-request', ALICE)).toHaveLength(256)
  t.hear(BOB, { op: 'add-keys', keys: [], nbytes: [], stimulus_id: 'x' })
  t.advance(100)
  expect(t.told('steal-request', ALICE)).toHaveLength(300)
})

test('what the victim has begun is not asked for again before a heartbeat says otherwise', () => {
  const t = askedFor(3)
  const { key, stimulus_id } = t.told('steal-request', ALICE)[0]!
  t.hear(ALICE, { op: 'steal-response', key, state: 'executing', stimulus_id })
  t.clear()
  t.advance(1000)
  expect(t.told('steal-request', ALICE).map((m) => m.key)).not.toContain(key)
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
