import { expect, test } from 'vitest'
import { ARGS, BOB, TableTop } from './table-top.js'

const FULL = { reason: 'ENOSPC', room: 10, error: ARGS }

test('a task without inputs runs at once, is reported with its run id, and is in memory', () => {
  const t = new TableTop()
  const run = t.compute('x')
  expect(t.started).toEqual(['x'])
  expect([...t.core.active]).toEqual(['x'])
  t.executed('x', { status: 'ok', nbytes: 42, inline: ARGS })
  expect(t.said('task-finished')).toEqual([
    {
      op: 'task-finished',
      key: 'x',
      run_id: run,
      nbytes: 42,
      typename: 'number',
      thread: 0,
      start: 1,
      stop: 2,
      inline: ARGS,
    },
  ])
  expect(t.core.has('x')).toBe(true)
  expect([...t.core.active]).toEqual([])
})

test('no more tasks are handed over than the executor likes to hold', () => {
  const t = new TableTop({ nthreads: 2 })
  for (const key of ['a', 'b', 'c', 'd']) t.compute(key)
  expect(t.started).toEqual(['a', 'b'])
  t.push({ type: 'appetite', jobs: 3 })
  expect(t.started).toEqual(['a', 'b', 'c'])
  t.executed('a')
  expect(t.started).toEqual(['a', 'b', 'c', 'd'])
})

test('the task of the smallest priority runs first, and the latest among equals', () => {
  const t = new TableTop()
  t.compute('running')
  t.compute('later', {}, { priority: [0, 2, 0] })
  t.compute('first', {}, { priority: [0, 1, 5] })
  t.compute('old', {}, { priority: [0, 1, 7] })
  t.compute('new', {}, { priority: [0, 1, 7] })
  for (const key of ['running', 'first', 'new', 'old', 'later']) t.executed(key)
  expect(t.started).toEqual(['running', 'first', 'new', 'old', 'later'])
})

test('a task with effects is not handed over while all threads have work, nor do later ones pass it', () => {
  const t = new TableTop()
  t.push({ type: 'appetite', jobs: 8 })
  t.compute('a')
  t.compute('effect', {}, { effect: true })
  t.compute('b')
  expect(t.started).toEqual(['a'])
  t.executed('a')
  expect(t.started).toEqual(['a', 'effect', 'b'])
  expect(t.all('execute')[1]?.effect).toBe(true)
})

test('resources are held from the start of a task to its end, and one kind does not block another', () => {
  const t = new TableTop({ nthreads: 4, resources: { gpu: 1, disk: 1 } })
  t.compute('g1', {}, { resource_restrictions: { gpu: 1 } })
  t.compute('g2', {}, { resource_restrictions: { gpu: 1 } })
  t.compute('d1', {}, { resource_restrictions: { disk: 1 } })
  expect(t.started).toEqual(['g1', 'd1'])
  expect(t.core.state('g2')).toBe('constrained')
  t.push({ type: 'seceded', key: 'g1', runId: t.runOf('g1'), durationMs: 1 })
  expect(t.started).toEqual(['g1', 'd1'])
  t.executed('g1')
  expect(t.started).toEqual(['g1', 'd1', 'g2'])
})

test('a task that secedes gives its place to another and is reported as long-running', () => {
  const t = new TableTop()
  const run = t.compute('a')
  t.compute('b')
  t.push({ type: 'seceded', key: 'a', runId: run, durationMs: 12 })
  expect(t.said('long-running')).toEqual([{ op: 'long-running', key: 'a', run_id: run, compute_duration: 12 }])
  expect(t.started).toEqual(['a', 'b'])
  t.executed('a')
  expect(t.core.state('a')).toBe('memory')
})

test('a task that runs adopts the new run id when it is asked for again', () => {
  const t = new TableTop()
  t.compute('x', {}, { run_id: 1 })
  t.compute('x', {}, { run_id: 2 })
  expect(t.started).toEqual(['x'])
  t.executed('x')
  expect(t.said('task-finished').map((m) => m.run_id)).toEqual([2])
})

test('a task that is in memory is reported again with the new run id', () => {
  const t = new TableTop()
  t.compute('x', {}, { run_id: 1 })
  t.executed('x', { status: 'ok', nbytes: 5 })
  t.compute('x', {}, { run_id: 2 })
  expect(t.said('task-finished').map((m) => [m.run_id, m.nbytes])).toEqual([
    [1, 5],
    [2, 5],
  ])
  expect(t.started).toEqual(['x'])
})

test('a failed task is reported and remembered until it is freed', () => {
  const t = new TableTop()
  const run = t.compute('x')
  t.fails('x')
  expect(t.said('task-erred')).toMatchObject([{ key: 'x', run_id: run, kind: 'raised' }])
  expect(t.core.state('x')).toBe('error')
  t.free('x')
  expect(t.core.state('x')).toBeUndefined()
})

test('a failed task can be tried again without being freed', () => {
  const t = new TableTop()
  t.compute('x')
  t.fails('x')
  t.compute('x', {}, { attempt: 2 })
  t.executed('x')
  expect(t.core.state('x')).toBe('memory')
})

test('a task that was displaced runs again without anybody being told', () => {
  const t = new TableTop()
  t.compute('x')
  t.executed('x', { status: 'displaced' })
  expect(t.started).toEqual(['x', 'x'])
  expect(t.all('send')).toEqual([])
})

test('a task that asks to be rescheduled is given back and forgotten', () => {
  const t = new TableTop()
  const run = t.compute('x')
  t.executed('x', { status: 'reschedule' })
  expect(t.said('reschedule')).toEqual([{ op: 'reschedule', key: 'x', run_id: run }])
  expect(t.core.state('x')).toBeUndefined()
})

test('a freed task that waits is forgotten, and the scheduler hears that it is not busy with it', () => {
  const t = new TableTop()
  t.compute('a')
  const run = t.compute('b')
  t.free('b')
  expect(t.core.state('b')).toBeUndefined()
  expect(t.said('task-ended')).toEqual([{ op: 'task-ended', key: 'b', run_id: run }])
  t.executed('a')
  expect(t.started).toEqual(['a'])
})

test('a freed task that has not begun is taken back from the executor', () => {
  const t = new TableTop()
  const run = t.compute('x')
  t.free('x')
  expect(t.all('withdraw')).toEqual([{ do: 'withdraw', key: 'x', runId: run }])
  t.withdrawn('x', true)
  expect(t.all('abort')).toEqual([])
  expect(t.said('task-ended')).toEqual([{ op: 'task-ended', key: 'x', run_id: run }])
  expect(t.core.state('x')).toBeUndefined()
})

test('a freed task that runs is aborted, and takes its place until it has ended', () => {
  const t = new TableTop()
  const run = t.compute('x')
  t.compute('y')
  t.free('x')
  t.withdrawn('x', false)
  expect(t.all('abort')).toEqual([{ do: 'abort', key: 'x', runId: run }])
  expect(t.started).toEqual(['x'])
  expect(t.said('task-ended')).toEqual([])
  t.executed('x', { status: 'aborted' })
  expect(t.said('task-ended')).toEqual([{ op: 'task-ended', key: 'x', run_id: run }])
  expect(t.started).toEqual(['x', 'y'])
})

test('a freed task that ends well before it could be stopped leaves nothing behind', () => {
  const t = new TableTop()
  t.compute('x')
  t.free('x')
  expect(t.core.acceptsResult('x', t.runOf('x'))).toBe(false)
  t.executed('x')
  t.withdrawn('x', false)
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x'] }])
  expect(t.said('task-finished')).toEqual([])
  expect(t.core.state('x')).toBeUndefined()
})

test('a key that is wanted again while its aborted run is dying runs anew when that has ended', () => {
  const t = new TableTop({ nthreads: 2 })
  t.compute('x', {}, { run_id: 1 })
  t.free('x')
  t.withdrawn('x', false)
  t.compute('x', {}, { run_id: 2 })
  expect(t.core.state('x')).toBe('resumed')
  expect(t.started).toEqual(['x'])
  t.executed('x')
  expect(t.said('task-finished')).toEqual([])
  expect(t.all('execute').map((i) => i.runId)).toEqual([1, 2])
  t.executed('x')
  expect(t.said('task-finished').map((m) => m.run_id)).toEqual([2])
})

test('work of a better generation makes the last one step back that has not begun', () => {
  const t = new TableTop()
  t.push({ type: 'appetite', jobs: 3 })
  for (const i of [1, 2, 3, 4]) t.compute(`old-${i}`, {}, { priority: [0, 7, i] })
  expect(t.all('withdraw')).toEqual([])
  t.compute('urgent', {}, { priority: [-1, 8, 0] })
  expect(t.all('withdraw').map((i) => i.key)).toEqual(['old-3'])
  t.withdrawn('old-3', true)
  expect(t.started).toEqual(['old-1', 'old-2', 'old-3', 'urgent'])
  expect(t.core.state('old-3')).toBe('ready')
})

test('nothing starts while the worker is paused, and everything when it is not', () => {
  const t = new TableTop()
  t.push({ type: 'paused' })
  t.compute('x')
  t.compute('y', { a: [BOB] })
  expect(t.started).toEqual([])
  expect(t.asked).toEqual([])
  t.push({ type: 'resumed' })
  expect(t.started).toEqual(['x'])
  expect(t.asked).toEqual([`${BOB}: a`])
  expect(t.said('worker-status-change').map((m) => m.status)).toEqual(['paused', 'running'])
})

test('the ages of what runs are told', () => {
  const t = new TableTop()
  t.compute('x')
  expect(t.core.executing(30)).toEqual(new Map([['x', 30]]))
})

test('what has not begun goes back when memory is full and nothing can leave it; what runs goes on', () => {
  const t = new TableTop()
  t.compute('runs')
  t.push({ type: 'paused' })
  const ready = t.compute('ready')
  t.compute('scarce', {}, { resource_restrictions: {} })
  t.compute('waits', { dep: [BOB] })
  t.push({ type: 'stuck', ...FULL })
  expect(t.said('worker-status-change').at(-1)).toMatchObject({
    status: 'paused',
    full: { reason: 'ENOSPC', room: 10 },
  })
  expect(t.said('reschedule').map(({ key }) => key)).toEqual(['ready', 'scarce', 'waits'])
  expect(t.said('reschedule')[0]).toMatchObject({ run_id: ready })
  expect([t.core.state('runs'), t.core.state('waits')]).toEqual(['executing', undefined])
  t.executed('runs')
  t.push({ type: 'resumed' })
  expect(t.said('worker-status-change').at(-1)).toEqual({
    op: 'worker-status-change',
    status: 'running',
    stimulus_id: 'resumed',
  })
})

test('on a full worker one task at a time runs whose inputs are there; others go back', () => {
  const t = new TableTop({ nthreads: 2 })
  t.compute('x')
  t.executed('x')
  t.push({ type: 'paused' })
  t.push({ type: 'stuck', ...FULL })
  t.compute('a', { x: ['tcp://10.0.0.1:1'] })
  t.compute('b', { x: ['tcp://10.0.0.1:1'] })
  t.compute('root')
  expect([t.core.state('a'), t.core.state('b'), t.core.state('root')]).toEqual(['executing', 'ready', undefined])
  t.executed('a')
  expect(t.core.state('b')).toBe('executing')
})

test('who calls a full worker directly is told why nothing begins', () => {
  const t = new TableTop()
  t.push({ type: 'paused' })
  t.push({ type: 'stuck', ...FULL })
  const call = { type: 'compute-direct' as const, request: 1, function: 'code#f' as const, args: ARGS }
  t.push({ ...call, key: 'x', deps: [], whoHas: new Map() })
  expect(t.out).toContainEqual({ do: 'reply', request: 1, outcome: { status: 'error', error: ARGS } })
})

test('the scheduler hears of the room that is left when it has changed much, and when things can leave again', () => {
  const t = new TableTop()
  t.push({ type: 'paused' })
  for (const room of [100, 90, 110, 50, 60]) t.push({ type: 'stuck', ...FULL, room })
  t.push({ type: 'unstuck' })
  const said = t.said('worker-status-change').map(({ full }) => full?.room)
  expect(said).toEqual([undefined, 100, 50, undefined])
})
