import { expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import { ALICE, BOB, CLIENT, TableTop } from './table-top.js'

function cluster(options = {}): TableTop {
  const t = new TableTop(options)
  t.worker(ALICE)
  t.worker(BOB)
  t.client()
  return t
}

test('what ran on a lost worker runs elsewhere, and its client is told why', () => {
  const t = cluster()
  t.graph({ a: [] })
  const { worker } = t.lastRun('a')
  t.leave(worker)
  expect(t.lastRun('a').worker).not.toBe(worker)
  expect(t.heard('note')).toMatchObject([{ code: 'HEDDLE_WORKER_LOST', key: 'a' }])
})

test('a task under which four workers died ends with an error that names them', () => {
  const t = new TableTop()
  t.client()
  t.graph({ a: [] })
  for (let i = 1; i <= 4; i++) {
    t.worker(`tcp://10.0.0.9:${i}`)
    t.leave(`tcp://10.0.0.9:${i}`)
  }
  expect(t.states).toEqual({ a: 'erred' })
  const [erred] = t.heard('task-erred')
  expect(new TextDecoder().decode(erred?.error.head)).toMatch(/a ended 4 workers: .*10.0.0.9:1.*10.0.0.9:4/)
})

test('a worker that says goodbye puts no blame on its tasks', () => {
  const t = new TableTop({ allowedFailures: 0 })
  t.worker(ALICE)
  t.client()
  t.graph({ a: [] })
  t.leave(ALICE, { expected: true })
  expect(t.states).toEqual({ a: 'no-worker' })
  expect(t.core.task('a')?.deaths).toEqual([])
})

test('a result whose only copy was on a lost worker is made again', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.finish('a')
  const { worker } = t.lastRun('a')
  t.leave(worker)
  expect(t.heard('lost-data')).toMatchObject([{ key: 'a' }])
  expect(t.states).toEqual({ a: 'processing' })
})

test('a result that nobody needs is not made again', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] }, { keys: ['b'] })
  t.finish('a')
  t.finish('b', { inline: new Encoded(new Uint8Array(10), [], 10) })
  t.clear()
  t.leave(t.lastRun('b').worker)
  expect(t.sent).toEqual([])
})

test('a lost result is made again from inputs that had been released', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] }, { keys: ['b'] })
  t.finish('a')
  t.finish('b')
  t.leave(t.lastRun('b').worker)
  expect(t.states).toEqual({ a: 'processing', b: 'waiting' })
})

test('a small result survives its worker', () => {
  const t = cluster()
  t.graph({ a: [] })
  const inline = new Encoded(new Uint8Array(10), [], 10)
  t.finish('a', { inline })
  t.leave(t.lastRun('a').worker)
  expect(t.states).toEqual({ a: 'memory' })
  t.graph({ b: ['a'] })
  expect(t.told('compute-task').at(-1)?.inline?.get('a')).toEqual(inline)
})

test('a result with effects is not made again: its future says that it is lost', () => {
  const t = cluster()
  t.graph({ a: [] }, { options: { effect: true } })
  t.finish('a')
  t.leave(t.lastRun('a').worker)
  expect(t.states).toEqual({})
  expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['a'], reason: 'lost-data' }])
})

test('scattered data is lost with its only holder, and all that needs it is told so by name', () => {
  const t = cluster()
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map([['x', 8]]), client: CLIENT })
  t.graph({ b: ['x'] })
  t.clear()
  t.leave(ALICE)
  expect(t.states).toEqual({})
  const said = t.heard('cancelled-keys')
  expect(said.flatMap((m) => m.keys).sort()).toEqual(['b', 'x'])
  expect(said.every((m) => m.reason === 'lost-data' && /x.*alice/.test(m.msg))).toBe(true)
})

test('a task whose input was lost waits until that is made again', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] })
  t.finish('a')
  const { worker } = t.lastRun('a')
  expect(t.states).toEqual({ a: 'memory', b: 'processing' })
  t.leave(worker)
  expect(t.states).toEqual({ a: 'processing', b: 'waiting' })
  t.finish('a')
  expect(t.states).toEqual({ a: 'memory', b: 'processing' })
})

test('a worker that is silent for 30 s is taken for dead', () => {
  const t = cluster()
  t.graph({ a: [] })
  const { worker } = t.lastRun('a')
  t.now = 29_000
  t.heartbeat(worker === ALICE ? BOB : ALICE)
  t.advance(1000)
  expect([...t.core.workers().keys()]).toEqual([worker === ALICE ? BOB : ALICE])
  expect(t.lastRun('a').worker).not.toBe(worker)
})

test('peers are told of a lost worker', () => {
  const t = cluster()
  t.leave(ALICE)
  expect(t.told('remove-worker', BOB)).toMatchObject([{ worker: ALICE }])
})

test('a task under which two workers died runs alone from then on, so that no neighbour is blamed with it', () => {
  const t = new TableTop()
  t.client()
  t.worker('tcp://10.0.0.9:1', { nthreads: 2 })
  t.graph({ bad: [], innocent: [] })
  t.leave('tcp://10.0.0.9:1')
  t.worker('tcp://10.0.0.9:2', { nthreads: 2 })
  t.leave('tcp://10.0.0.9:2')
  t.worker('tcp://10.0.0.9:3', { nthreads: 2 })
  expect(t.states).toEqual({ bad: 'processing', innocent: 'queued' })
  t.leave('tcp://10.0.0.9:3')
  t.worker('tcp://10.0.0.9:4', { nthreads: 2 })
  t.leave('tcp://10.0.0.9:4')
  expect(t.states).toEqual({ bad: 'erred', innocent: 'queued' })
  t.worker(ALICE)
  t.finish('innocent')
  expect(t.states).toMatchObject({ innocent: 'memory' })
})

test('a worker that cannot reach the holder of an input gets it through a third', () => {
  const t = new TableTop()
  for (const address of [ALICE, BOB, 'tcp://10.0.0.3:1']) t.worker(address)
  t.client()
  t.push({ type: 'keys-added', worker: ALICE, keys: new Map([['x', 8]]), client: CLIENT })
  t.graph({ b: ['x'] }, { options: { workers: ['bob'] } })
  for (let i = 0; i < 3; i++) t.hear(BOB, { op: 'request-refresh-who-has', keys: ['x'], stimulus_id: 'tick' })
  expect(t.told('acquire-replicas', 'tcp://10.0.0.3:1')).toHaveLength(1)
  t.has('tcp://10.0.0.3:1', ['x'])
  t.hear(BOB, { op: 'request-refresh-who-has', keys: ['x'], stimulus_id: 'tick' })
  expect(t.told('refresh-who-has', BOB).at(-1)?.who_has.get('x')).toContain('tcp://10.0.0.3:1')
})

test('a result with effects that was released is not made again for a later graph: the reason is said', () => {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  t.graph({ mail: [] }, { options: { effect: true } })
  t.finish('mail')
  t.graph({ after: ['mail'] })
  t.finish('after')
  t.release('mail')
  expect(t.states).toEqual({ mail: 'released', after: 'memory' })
  t.clear()
  t.graph({ more: ['mail'] })
  expect(t.sent).toEqual([])
  expect(t.heard('cancelled-keys')).toMatchObject([
    { keys: ['more'], msg: expect.stringMatching(/mail has effects and was done/) },
  ])
  expect(t.core.state('more')).toBe(undefined)
  expect(t.core.state('after')).toBe('memory')
})

test('of two workers that cannot reach each other the one that has the input runs what waits for it', () => {
  const t = cluster()
  t.graph({ a: [] }, { options: { workers: ['alice'] } })
  t.finish('a')
  t.hear(ALICE, { op: 'worker-status-change', status: 'paused', stimulus_id: 'x' })
  t.graph({ b: ['a'] })
  t.hear(ALICE, { op: 'worker-status-change', status: 'running', stimulus_id: 'x' })
  t.clear()
  for (let i = 0; i < 3; i++) t.hear(BOB, { op: 'request-refresh-who-has', keys: ['a'], stimulus_id: 'tick' })
  expect(t.sent).toEqual(['b@alice'])
  expect(t.told('free-keys', BOB)).toMatchObject([{ keys: ['b'] }])
})
