import { expect, test } from 'vitest'
import { ALICE, BOB, CAROL, CLIENT, TableTop } from './table-top.js'

/** Three workers; alice has `x`. */
function cluster(): TableTop {
  const t = new TableTop()
  for (const address of [ALICE, BOB, CAROL]) t.worker(address)
  t.client()
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map([['x', 100]]), client: CLIENT })
  t.clear()
  return t
}

test('copies are asked for until there are as many as wanted', () => {
  const t = cluster()
  t.push({ type: 'replicate', keys: ['x'], n: 3 })
  expect(t.told('acquire-replicas').map((m) => [...m.who_has])).toEqual([[['x', [ALICE]]], [['x', [ALICE]]]])
  t.has(BOB, ['x'])
  t.has(CAROL, ['x'])
  expect(t.core.whoHas(['x']).get('x')).toEqual([ALICE, BOB, CAROL])
})

test('copies that were asked for stay, others go after a while, and never the last', () => {
  const t = cluster()
  t.has(BOB, ['x'])
  t.has(CAROL, ['x'])
  t.push({ type: 'replicate', keys: ['x'], n: 2 })
  for (const w of [ALICE, BOB, CAROL]) t.heartbeat(w)
  t.advance(2000)
  expect(t.core.whoHas(['x']).get('x')).toHaveLength(2)
  expect(t.told('remove-replicas')).toHaveLength(1)
})

test('a copy that a task needs where it is stays', () => {
  const t = cluster()
  t.graph({ b: ['x'] }, { options: { workers: ['bob'] } })
  t.has(BOB, ['x'])
  t.advance(2000)
  expect(t.core.whoHas(['x']).get('x')).toContain(BOB)
})

test('a worker that needs a copy that it was told to remove keeps it', () => {
  const t = cluster()
  t.has(BOB, ['x'])
  t.advance(2000)
  const [removed] = t.told('remove-replicas')
  const [holder] = [ALICE, BOB].filter((w) => !t.core.whoHas(['x']).get('x')?.includes(w))
  t.has(holder as string, ['x'], { stimulus_id: `remove-replicas-${removed?.stimulus_id}` })
  expect(t.core.whoHas(['x']).get('x')).toHaveLength(2)
})

test('a retired worker finishes what runs, gives the rest back, moves its values, and is closed', () => {
  const t = cluster()
  t.graph({ a: [], a2: [] }, { options: { workers: ['alice'], allow_other_workers: true } })
  t.push({ type: 'retire-workers', workers: ['alice'] })
  expect(t.told('worker-status-change', ALICE)).toMatchObject([{ status: 'closing_gracefully' }])
  const [first, second] = t.told('steal-request', ALICE)
  t.hear(ALICE, { op: 'steal-response', key: 'a', state: 'executing', stimulus_id: first?.stimulus_id ?? '' })
  t.hear(ALICE, { op: 'steal-response', key: 'a2', state: 'ready', stimulus_id: second?.stimulus_id ?? '' })
  expect(t.lastRun('a2').worker).not.toBe(ALICE)
  expect(t.told('acquire-replicas')).toEqual([])
  t.finish('a')
  const moved = t.told('acquire-replicas').flatMap((m) => [...m.who_has.keys()])
  expect(moved.sort()).toEqual(['a', 'x'])
  const to = t.core.workers().get(BOB)?.keys === 0 ? BOB : CAROL
  for (const i of t.out)
    if (i.do === 'to-worker' && i.message.op === 'acquire-replicas') t.has(i.worker, [...i.message.who_has.keys()])
  expect(to).toBeDefined()
  expect(t.told('close', ALICE)).toHaveLength(1)
  expect(t.out).toContainEqual(expect.objectContaining({ do: 'close-worker', worker: ALICE }))
  t.leave(ALICE, { expected: true })
  expect(t.states).toMatchObject({ x: 'memory', a: 'memory' })
})

test('a worker whose data nobody can take is not retired', () => {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map([['x', 8]]), client: CLIENT })
  t.push({ type: 'retire-workers', workers: [ALICE] })
  expect(t.told('worker-status-change', ALICE).map((m) => m.status)).toEqual(['closing_gracefully', 'running'])
  expect(t.core.worker(ALICE)?.status).toBe('running')
})

test('rebalancing moves the oldest values from full workers to empty ones', () => {
  const t = new TableTop()
  t.worker(ALICE, { memory_limit: 1000 })
  t.worker(BOB, { memory_limit: 1000 })
  t.client()
  const keys = Array.from({ length: 8 }, (_, i) => `d${i}`)
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map(keys.map((key) => [key, 100])), client: CLIENT })
  t.push({ type: 'rebalance' })
  const moved = t.told('acquire-replicas', BOB).flatMap((m) => [...m.who_has.keys()])
  expect(moved).toEqual(['d0', 'd1', 'd2', 'd3'])
  t.has(BOB, moved)
  expect(t.told('remove-replicas', ALICE).flatMap((m) => m.keys)).toEqual(moved)
  expect(t.core.hasWhat().get(BOB)).toEqual(moved)
})
