import { expect, test } from 'vitest'
import { ALICE, BOB, CLIENT, TableTop } from './table-top.js'

function alone(): TableTop {
  const t = new TableTop()
  t.client()
  return t
}

/** Obstacle and text. */
function why(t: TableTop, key: string): [string | undefined, string] {
  const explanation = t.core.explain(key)
  return [explanation?.obstacle, explanation?.text ?? '']
}

test('no worker is connected', () => {
  const t = alone()
  t.graph({ a: [] })
  expect(why(t, 'a')).toEqual(['no-workers', expect.stringMatching(/^a waits: no worker is connected\. Start one/)])
})

test('the only worker that came had another version', () => {
  const t = alone()
  t.push({ type: 'worker-turned-away', reason: 'it speaks protocol 4, this scheduler 1' })
  t.graph({ a: [] })
  expect(why(t, 'a')).toEqual(['version-mismatch', expect.stringContaining('it speaks protocol 4')])
})

test('all workers are paused', () => {
  const t = alone()
  t.worker(ALICE)
  t.hear(ALICE, { op: 'worker-status-change', status: 'paused', stimulus_id: 'x' })
  t.graph({ a: [] })
  expect(why(t, 'a')).toEqual(['all-paused', expect.stringMatching(/alice.* is paused/)])
})

test('it may run on certain workers only, and they are not here', () => {
  const t = alone()
  t.worker(ALICE)
  t.graph({ a: [] }, { options: { workers: ['bob'] } })
  expect(why(t, 'a')).toEqual(['restriction', expect.stringMatching(/may run on bob only, and here are alice/)])
})

test('no worker has the resource, and a name that is nearly it is offered', () => {
  const t = alone()
  t.worker(ALICE, { resources: { gpus: 2 } })
  t.graph({ a: [] }, { options: { resources: { gpu: 1 } } })
  expect(why(t, 'a')).toEqual(['resource-missing', expect.stringMatching(/needs gpu: 1.*Did you mean 'gpus'/)])
})

test('others have the resource now', () => {
  const t = alone()
  t.worker(ALICE, { resources: { gpu: 1 }, nthreads: 2 })
  t.graph({ a: [], b: [] }, { options: { resources: { gpu: 1 } } })
  expect(why(t, 'b')).toEqual(['resource-busy', expect.stringMatching(/needs gpu: 1, and of 1 there/)])
})

test('an input was lost and is made again', () => {
  const t = alone()
  t.worker(ALICE)
  t.graph({ a: [], b: ['a'] })
  t.finish('a')
  t.worker(BOB)
  t.leave(ALICE)
  expect(why(t, 'b')).toEqual([
    'input-lost',
    expect.stringMatching(/its input a was lost \(worker-left.*is made again/),
  ])
})

test('others are before it in the queue', () => {
  const t = alone()
  t.worker(ALICE)
  t.map('m', 10)
  expect(why(t, 'm-9')).toEqual(['queued', expect.stringContaining('7 tasks are before it')])
  t.map('n', 1000)
  expect(why(t, 'n-500')[1]).toMatch(/5\d\d tasks are before it/)
})

test('its inputs together are more than any worker may hold', () => {
  const t = alone()
  t.worker(ALICE, { memory_limit: 1000 })
  t.graph({ a: [], b: [], c: ['a', 'b'] })
  t.finish('a', { nbytes: 600 })
  t.finish('b', { nbytes: 600 })
  expect(t.states.c).toBe('erred')
  expect(why(t, 'c')).toEqual(['inputs-too-big', expect.stringContaining('1200 bytes')])
})

test('it is tried again after a delay', () => {
  const t = alone()
  t.worker(ALICE)
  t.graph({ a: [] }, { options: { retries: 1, retry_delay: 500 } })
  t.fail('a')
  expect(why(t, 'a')).toEqual(['retry-delay', expect.stringContaining('500 ms')])
})

test('what runs, is in memory, or failed is said so', () => {
  const t = alone()
  t.worker(ALICE, { nthreads: 3 })
  t.graph({ a: [], b: [], c: [] })
  t.heartbeat(ALICE, { a: 2500 })
  expect(why(t, 'a')).toEqual([undefined, expect.stringMatching(/runs on alice .* for 2\.5 s/)])
  t.finish('b')
  expect(why(t, 'b')).toEqual([undefined, 'b is in memory'])
  t.fail('c')
  expect(why(t, 'c')).toEqual([undefined, 'c failed'])
  expect(t.core.explain('unknown')).toBeUndefined()
})

test('after 10 s a client is told unasked, once for each reason', () => {
  const t = alone()
  t.worker(ALICE)
  t.graph({ a: [], b: [] }, { options: { workers: ['bob'] } })
  t.advance(9999)
  expect(t.heard('note')).toEqual([])
  t.advance(1)
  t.heartbeat(ALICE)
  t.advance(10_000)
  expect(t.heard('note')).toMatchObject([{ code: 'HEDDLE_UNRUNNABLE', key: 'a' }])
})

test('who waits for a result is told why an input of it cannot run; also when all workers are gone', () => {
  const t = alone()
  t.graph({ a: [], b: ['a'] }, { keys: ['b'] })
  t.advance(10_000)
  expect(t.heard('note')).toMatchObject([{ key: 'a', msg: expect.stringContaining('no worker is connected') }])
  const u = alone()
  u.worker(ALICE)
  u.map('m', 200)
  u.leave(ALICE, { expected: true })
  u.advance(10_000)
  expect(u.heard('note', CLIENT).map((m) => m.code)).toContain('HEDDLE_UNRUNNABLE')
})
