import { expect, test } from 'vitest'
import { ARGS, BOB, TableTop } from './table-top.js'

test('what is put here is reported as the one that holds, with its hash', () => {
  const t = new TableTop()
  t.push({ type: 'put', keys: new Map([['x', 3]]), hashes: new Map([['x', 'abc']]), report: true })
  expect(t.said('add-keys')).toMatchObject([{ keys: ['x'], nbytes: [3], hashes: ['abc'], replaces: true }])
})

test('a value that is put while the key is computed stays, and counts as the result', () => {
  const t = new TableTop()
  const run = t.compute('x')
  t.put('x', 99)
  expect(t.said('task-finished')).toMatchObject([{ key: 'x', run_id: run, nbytes: 99 }])
  expect(t.core.acceptsResult('x', run)).toBe(false)
  t.executed('x')
  expect(t.all('drop')).toEqual([])
  expect(t.core.has('x')).toBe(true)
  expect(t.core.state('x')).toBe('memory')
})

test('a value that is put while the key is fetched stays', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  t.put('x')
  expect(t.started).toEqual(['y'])
  expect(t.core.acceptsArrival(t.all('gather')[0]!.id, 'x')).toBe(false)
  t.delivers(BOB, 'x')
  expect(t.all('drop')).toEqual([])
  expect(t.core.has('x')).toBe(true)
})

test('a value that is put makes the tasks ready that miss it', () => {
  const t = new TableTop()
  t.compute('y', { x: [] })
  t.put('x')
  expect(t.started).toEqual(['y'])
})

test('a key that was put, freed, and asked for while its old run dies runs anew', () => {
  const t = new TableTop()
  t.compute('x', {}, { run_id: 1 })
  t.put('x')
  t.free('x')
  expect(t.core.state('x')).toBe('cancelled')
  t.compute('x', {}, { run_id: 2 })
  t.withdrawn('x', true)
  t.executed('x')
  expect(t.said('task-finished').map((m) => m.run_id)).toEqual([1, 2])
})

test('what is deleted is dropped and reported', () => {
  const t = new TableTop()
  t.put('x')
  t.push({ type: 'delete', keys: ['x', 'unknown'], report: true })
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x'] }])
  expect(t.said('release-worker-data')).toMatchObject([{ keys: ['x'] }])
  expect(t.core.has('x')).toBe(false)
})

test('a task whose input is deleted before it starts waits until the input is here again', () => {
  const t = new TableTop()
  t.compute('busy')
  t.put('x')
  t.compute('y', { x: [BOB] })
  expect(t.core.state('y')).toBe('ready')
  t.push({ type: 'delete', keys: ['x'], report: true })
  expect(t.core.state('y')).toBe('waiting')
  expect(t.said('request-refresh-who-has').map((m) => m.keys)).toEqual([['x']])
  t.put('x')
  t.executed('busy')
  expect(t.started).toEqual(['busy', 'y'])
})

test('a value that the store has lost is reported', () => {
  const t = new TableTop()
  t.put('x')
  t.push({ type: 'value-lost', keys: ['x'], reason: 'disk full' })
  expect(t.said('release-worker-data')).toMatchObject([{ keys: ['x'] }])
  expect(t.all('log')).toMatchObject([{ level: 'warn', key: 'x' }])
})

test('a copy is removed when nothing here needs it', () => {
  const t = new TableTop()
  t.put('x')
  t.message({ op: 'remove-replicas', keys: ['x'], stimulus_id: 's' })
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x'] }])
})

test('a copy that a task here needs is kept, and the scheduler is told', () => {
  const t = new TableTop()
  t.compute('busy')
  t.put('x')
  t.compute('y', { x: [BOB] })
  t.message({ op: 'remove-replicas', keys: ['x'], stimulus_id: 's' })
  expect(t.all('drop')).toEqual([])
  expect(t.said('add-keys')).toMatchObject([{ keys: ['x'] }])
})

test('a value is kept until it is freed, and the drop is one for all keys', () => {
  const t = new TableTop()
  t.put('x')
  t.put('y')
  t.free('x', 'y')
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x', 'y'] }])
  expect([...t.core.keys()]).toEqual([])
})

test('a lost scheduler leaves the values here and stops its work', () => {
  const t = new TableTop()
  t.put('data')
  t.compute('x')
  t.compute('y', { z: [BOB] })
  t.push({ type: 'scheduler-left' })
  t.withdrawn('x', true)
  t.delivers(BOB, 'z')
  expect([...t.core.keys()]).toEqual([['data', 'memory']])
  expect(t.all('send')).toEqual([])
})

test('what came here while there was no center is reported when there is one', () => {
  const t = new TableTop()
  t.push({ type: 'scheduler-left' })
  t.push({ type: 'put', keys: new Map([['x', 3]]), report: true })
  t.direct(1, 'z')
  t.executed('z')
  expect(t.all('send')).toEqual([])
  t.push({ type: 'scheduler-joined' })
  expect(t.said('add-keys')).toMatchObject([{ keys: ['x', 'z'], nbytes: [3, 8] }])
})

test('the story of a key tells each move with its cause', () => {
  const t = new TableTop()
  t.compute('x', {}, { run_id: 7 })
  t.executed('x', { status: 'ok', inline: ARGS })
  expect(t.core.story('x').map((e) => `${e.start}→${e.finish} ${e.cause}`)).toEqual([
    'released→waiting compute-task 7',
    'waiting→ready compute-task 7',
    'ready→executing compute-task 7',
    'executing→memory executed 7',
  ])
})

test('being told to close closes', () => {
  const t = new TableTop()
  t.message({ op: 'close', reason: 'retired', stimulus_id: 's' })
  expect(t.all('close')).toEqual([{ do: 'close', reason: 'retired' }])
})

test('a worker that is to retire says so and finishes what it has', () => {
  const t = new TableTop()
  t.message({ op: 'worker-status-change', status: 'closing_gracefully', stimulus_id: 's' })
  expect(t.said('worker-status-change')).toEqual([
    { op: 'worker-status-change', status: 'closing_gracefully', stimulus_id: 's' },
  ])
  t.compute('x')
  expect(t.started).toEqual(['x'])
})

test('an order to drop a value does not mean one that was put in its place meanwhile', () => {
  for (const op of ['free-keys', 'remove-replicas'] as const) {
    const t = new TableTop()
    const put = (hash: string) =>
      t.push({ type: 'put', keys: new Map([['x', 3]]), hashes: new Map([['x', hash]]), report: true })
    put('old')
    put('new')
    t.message({ op, keys: ['x'], stimulus_id: '1-2', reports: 1 })
    expect([...t.core.keys()]).toEqual([['x', 'memory']])
    t.message({ op, keys: ['x'], stimulus_id: '1-3', reports: 2 })
    expect([...t.core.keys()]).toEqual([])
  }
})
