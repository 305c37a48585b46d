import { expect, test } from 'vitest'
import { BOB, TableTop } from './table-top.js'

function steal(t: TableTop, key: string, stimulus_id = 's1'): void {
  t.message({ op: 'steal-request', key, stimulus_id })
}

function answers(t: TableTop): unknown[] {
  return t.said('steal-response').map((m) => [m.key, m.state, m.stimulus_id])
}

test('a ready task is given to the thief', () => {
  const t = new TableTop()
  t.compute('a')
  t.compute('b')
  steal(t, 'b')
  expect(answers(t)).toEqual([['b', 'ready', 's1']])
  expect(t.core.state('b')).toBeUndefined()
})

test('a waiting task is given to the thief, and its inputs are not kept', () => {
  const t = new TableTop()
  t.compute('b', { x: [BOB] })
  steal(t, 'b')
  expect(answers(t)).toEqual([['b', 'waiting', 's1']])
  t.delivers(BOB, 'x')
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x'] }])
  expect(t.core.state('x')).toBeUndefined()
})

test('a task that was handed over and has not begun is given to the thief', () => {
  const t = new TableTop()
  t.compute('a')
  steal(t, 'a')
  expect(answers(t)).toEqual([])
  t.withdrawn('a', true)
  expect(answers(t)).toEqual([['a', 'ready', 's1']])
  expect(t.core.state('a')).toBeUndefined()
})

test('a task that runs stays', () => {
  const t = new TableTop()
  t.compute('a')
  steal(t, 'a')
  t.withdrawn('a', false)
  expect(answers(t)).toEqual([['a', 'executing', 's1']])
  steal(t, 'a', 's2')
  expect(answers(t)).toEqual([
    ['a', 'executing', 's1'],
    ['a', 'executing', 's2'],
  ])
  expect(t.all('withdraw').length).toBe(1)
  t.executed('a')
  expect(t.said('task-finished').length).toBe(1)
})

test('a task that ends while it is asked back is reported as done', () => {
  const t = new TableTop()
  t.compute('a')
  steal(t, 'a')
  t.executed('a')
  expect(answers(t)).toEqual([['a', 'memory', 's1']])
})

test('an unknown task is answered with null', () => {
  const t = new TableTop()
  steal(t, 'nobody')
  expect(answers(t)).toEqual([['nobody', null, 's1']])
})

test('a task for which a caller waits at this worker is not given away', () => {
  const t = new TableTop()
  t.compute('busy')
  t.compute('a')
  t.direct(1, 'a')
  steal(t, 'a')
  expect(answers(t)).toEqual([['a', 'executing', 's1']])
  expect(t.core.state('a')).toBe('ready')
})
