/** Tasks that may run in some places only wait here as others do, and nobody else waits for them. */
import { expect, test } from 'vitest'
import { ALICE, BOB, OTHER, TableTop } from './table-top.js'

function cluster(): TableTop {
  const t = new TableTop()
  t.worker(ALICE)
  t.worker(BOB)
  t.client()
  return t
}

const forAlice = { workers: ['alice'] }

test('of very many tasks for one worker it is given as many as it has slots', () => {
  const t = cluster()
  t.map('m', 100_000, { options: forAlice })
  expect(t.sent).toEqual(['m-0@alice', 'm-1@alice'])
  expect(t.core.counts().queued).toBe(99_998)
  t.finish('m-0')
  expect(t.sent.at(-1)).toBe('m-2@alice')
})

test('tasks for a worker that is busy do not stand in the way of what may run elsewhere', () => {
  const t = cluster()
  t.graph({ a1: [], a2: [], a3: [] }, { options: forAlice })
  t.graph({ b1: [], b2: [] })
  expect(t.sent).toEqual(['a1@alice', 'a2@alice', 'b1@bob', 'b2@bob'])
  t.finish('b1')
  expect(t.sent).toHaveLength(4)
  t.finish('a1')
  expect(t.sent.at(-1)).toBe('a3@alice')
})

test('clients take turns at a worker, whether their tasks are for it alone or not', () => {
  const t = cluster()
  t.client(OTHER)
  t.leave(BOB)
  t.graph({ a1: [], a2: [], a3: [], a4: [] }, { options: forAlice })
  t.graph({ o1: [], o2: [] }, { client: OTHER })
  for (const key of ['a1', 'a2', 'a3', 'o1']) t.finish(key)
  expect(t.sent).toEqual(['a1@alice', 'a2@alice', 'a3@alice', 'o1@alice', 'a4@alice', 'o2@alice'])
})

test('tasks that need a resource wait for it here, and leave the threads to others', () => {
  const t = new TableTop()
  t.worker(ALICE, { nthreads: 4, resources: { GPU: 1 } })
  t.client()
  t.graph({ g1: [], g2: [], g3: [], g4: [] }, { options: { resources: { GPU: 1 } } })
  t.graph({ a: [], b: [], c: [], d: [] })
  expect(t.sent).toEqual(['g1@alice', 'g2@alice', 'a@alice', 'b@alice', 'c@alice'])
  t.finish('a')
  expect(t.sent.at(-1)).toBe('d@alice')
  t.finish('g1')
  expect(t.sent.at(-1)).toBe('g3@alice')
})

test('a part of a resource is enough for several', () => {
  const t = new TableTop()
  t.worker(ALICE, { nthreads: 100, resources: { MEM: 1 } })
  t.client()
  t.map('m', 100, { options: { resources: { MEM: 0.1 } } })
  expect(t.sent).toHaveLength(11)
})

test('what waits for a worker that is lost is spoken of, explained, and run when it is back', () => {
  const t = cluster()
  t.graph({ a1: [], a2: [], a3: [] }, { options: forAlice })
  t.leave(ALICE, { expected: true })
  t.advance(9000)
  expect(t.heard('note')).toEqual([])
  t.advance(1001)
  expect(t.heard('note')).toMatchObject([{ code: 'HEDDLE_UNRUNNABLE' }])
  expect(t.core.explain('a3')).toMatchObject({ obstacle: 'restriction' })
  expect(t.core.explain('a3')?.text).toContain('may run on alice only, and here are bob')
  t.clear()
  t.worker(ALICE)
  expect(t.sent).toEqual(['a1@alice', 'a2@alice'])
})

test('a task for a worker that is paused says so', () => {
  const t = cluster()
  t.hear(ALICE, { op: 'worker-status-change', status: 'paused', stimulus_id: 'x' })
  t.graph({ a: [] }, { options: forAlice })
  expect(t.core.explain('a')).toMatchObject({ obstacle: 'all-paused' })
  expect(t.core.explain('a')?.text).toContain('alice (tcp://10.0.0.1:1) is paused')
})

test('one that waits in the queue for a worker or a resource says for what', () => {
  const t = new TableTop()
  t.worker(ALICE, { resources: { GPU: 1 } })
  t.client()
  t.map('m', 100, { options: forAlice })
  expect(t.core.explain('m-90')).toMatchObject({ obstacle: 'queued' })
  expect(t.core.explain('m-90')?.text).toContain('for 1 thread of alice (tcp://10.0.0.1:1) that is busy')
  t.map('g', 100, { options: { resources: { GPU: 1 } } })
  expect(t.core.explain('g-90')).toMatchObject({ obstacle: 'resource-busy' })
  expect(t.core.explain('g-90')?.text).toContain('for GPU: 1 to be free')
})
