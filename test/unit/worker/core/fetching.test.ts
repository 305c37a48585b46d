import { expect, test } from 'vitest'
import { ALICE, ARGS, BOB, CAROL, TableTop } from './table-top.js'

test('an input is fetched from its holder, reported as a copy, and the task runs', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  expect(t.asked).toEqual([`${BOB}: x`])
  t.delivers(BOB, 'x')
  expect(t.said('add-keys')).toMatchObject([{ keys: ['x'], nbytes: [8] }])
  expect(t.said('add-keys')[0]).not.toHaveProperty('replaces')
  expect(t.all('execute')).toMatchObject([{ key: 'y', deps: ['x'] }])
})

test('an input that is here is not fetched', () => {
  const t = new TableTop()
  t.put('x')
  t.compute('y', { x: [BOB] })
  expect(t.asked).toEqual([])
  expect(t.started).toEqual(['y'])
})

test('an input that came with the message is not fetched', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] }, { inline: new Map([['x', ARGS]]) })
  expect(t.asked).toEqual([])
  expect(t.all('execute')).toMatchObject([{ key: 'y', deps: [], inline: new Map([['x', ARGS]]) }])
})

test('one request per peer is in flight, with all its keys up to the limit', () => {
  const t = new TableTop({ gatherBytesMax: 20 })
  t.compute('y', { a: [BOB], b: [BOB], c: [BOB], d: [CAROL] })
  expect(t.asked).toEqual([`${BOB}: a b`, `${CAROL}: d`].sort())
  t.delivers(BOB, 'a', 'b')
  expect(t.asked.at(-1)).toBe(`${BOB}: c`)
})

test('the first key of a request may be of any size', () => {
  const t = new TableTop({ gatherBytesMax: 20 })
  const who_has = new Map([['huge', [BOB]]])
  t.message({ op: 'acquire-replicas', who_has, nbytes: new Map([['huge', 1e9]]), stimulus_id: 's' })
  expect(t.asked).toEqual([`${BOB}: huge`])
})

test('nothing more is asked for while too many bytes are on their way', () => {
  const t = new TableTop({ incomingBytesMax: 8 })
  t.compute('y', { a: [BOB], b: [CAROL] })
  expect(t.asked.length).toBe(1)
})

test('requests beyond the number that is allowed wait, once much is in flight', () => {
  const t = new TableTop({ incomingMax: 1 })
  const who_has = new Map([
    ['a', [BOB]],
    ['b', [CAROL]],
  ])
  const nbytes = new Map([
    ['a', 2e7],
    ['b', 2e7],
  ])
  t.message({ op: 'acquire-replicas', who_has, nbytes, stimulus_id: 's' })
  expect(t.asked.length).toBe(1)
})

test('a holder on the same host is preferred', () => {
  const near = 'tcp://10.0.0.1:99'
  const t = new TableTop({ random: () => 0 })
  t.compute('y', { x: [BOB, near, CAROL] })
  expect(t.asked).toEqual([`${near}: x`])
})

test('the worker never asks itself', () => {
  const t = new TableTop()
  t.compute('y', { x: [ALICE, BOB] })
  expect(t.asked).toEqual([`${BOB}: x`])
})

test('a busy peer is left alone for 150 ms, and another holder is asked first', () => {
  const t = new TableTop({ random: () => 0.99 })
  t.compute('y', { x: [BOB, CAROL] })
  expect(t.asked).toEqual([`${BOB}: x`])
  t.answers(BOB, { status: 'busy' })
  expect(t.asked.at(-1)).toBe(`${CAROL}: x`)
  t.answers(CAROL, { status: 'busy' })
  expect(t.asked.length).toBe(2)
  expect(t.all('wake-at').map((i) => i.time)).toEqual([150, 150])
  t.advance(149)
  expect(t.asked.length).toBe(2)
  t.advance(1)
  expect(t.asked.length).toBe(3)
})

test('a key that a peer does not have is fetched from another', () => {
  const t = new TableTop({ random: () => 0.99 })
  t.compute('y', { x: [BOB, CAROL] })
  t.delivers(BOB)
  expect(t.asked).toEqual([`${BOB}: x`, `${CAROL}: x`])
})

test('nothing is sought any more at a peer that cannot be reached', () => {
  const t = new TableTop({ gatherBytesMax: 1 })
  t.compute('y', { a: [BOB], b: [BOB, CAROL] })
  t.answers(BOB, { status: 'failed', reason: 'connection refused' })
  expect(t.asked.filter((line) => line.startsWith(BOB)).length).toBe(1)
  expect(t.core.state('a')).toBe('missing')
  expect(t.core.state('b')).toBe('flight')
})

test('a key without holders is asked for at once and each second, and fetched when one is known', () => {
  const t = new TableTop()
  t.compute('y', { x: [] })
  expect(t.core.state('x')).toBe('missing')
  expect(t.said('request-refresh-who-has').map((m) => m.keys)).toEqual([['x']])
  t.message({ op: 'refresh-who-has', who_has: new Map([['x', []]]), stimulus_id: 's' })
  t.advance(999)
  expect(t.said('request-refresh-who-has').length).toBe(1)
  t.advance(1)
  expect(t.said('request-refresh-who-has').length).toBe(2)
  t.message({ op: 'refresh-who-has', who_has: new Map([['x', [CAROL]]]), stimulus_id: 's' })
  expect(t.asked).toEqual([`${CAROL}: x`])
})

test('holders that are named again and again but do not have the key are asked once a second', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  for (let i = 0; i < 5; i++) {
    if (t.core.state('x') === 'flight') t.delivers(BOB)
    t.message({ op: 'refresh-who-has', who_has: new Map([['x', [BOB]]]), stimulus_id: 's' })
  }
  expect(t.said('request-refresh-who-has').length).toBe(1)
})

test('a key that is freed while it is fetched is dropped on arrival', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  t.free('y', 'x')
  expect(t.core.state('x')).toBe('cancelled')
  expect(t.core.acceptsArrival(t.all('gather')[0]!.id, 'x')).toBe(false)
  t.delivers(BOB, 'x')
  expect(t.all('drop')).toEqual([{ do: 'drop', keys: ['x'] }])
  expect(t.said('add-keys')).toEqual([])
})

test('a key that is wanted again while it is fetched for nobody is kept', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  t.free('y')
  expect(t.core.state('x')).toBe('cancelled')
  t.compute('z', { x: [BOB] })
  expect(t.core.state('x')).toBe('flight')
  t.delivers(BOB, 'x')
  expect(t.started).toEqual(['z'])
})

test('what was freed while it was fetched is fetched again, for it may be another value now', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  t.free('x', 'y')
  t.compute('z', { x: [CAROL] })
  expect(t.core.state('x')).toBe('resumed')
  t.delivers(BOB, 'x')
  expect(t.asked).toEqual([`${BOB}: x`, `${CAROL}: x`])
  t.delivers(CAROL, 'x')
  expect(t.started).toEqual(['z'])
})

test('a key that is to be computed while it is fetched is done when it arrives', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  const run = t.compute('x')
  t.delivers(BOB, 'x')
  expect(t.said('task-finished')).toMatchObject([{ key: 'x', run_id: run }])
  expect(t.started).toEqual(['y'])
})

test('a key that is to be computed while it is fetched is computed when it does not arrive', () => {
  const t = new TableTop()
  t.compute('y', { x: [BOB] })
  t.compute('x')
  expect(t.started).toEqual([])
  t.answers(BOB, { status: 'failed', reason: 'gone' })
  expect(t.started).toEqual(['x'])
})

test('a key that is computed here is not fetched for those who need it', () => {
  const t = new TableTop()
  t.compute('x')
  t.compute('y', { x: [BOB] })
  expect(t.asked).toEqual([])
  t.executed('x')
  expect(t.started).toEqual(['x', 'y'])
})

test('a peer that is gone is not asked any more', () => {
  const t = new TableTop({ gatherBytesMax: 1 })
  t.compute('y', { a: [BOB], b: [BOB] })
  t.message({ op: 'remove-worker', worker: BOB, stimulus_id: 's' })
  t.delivers(BOB, 'a')
  expect(t.core.state('a')).toBe('memory')
  expect(t.core.state('b')).toBe('missing')
})

test('a copy that is asked for is fetched after the inputs of tasks', () => {
  const t = new TableTop({ gatherBytesMax: 1 })
  t.push({ type: 'paused' })
  t.message({ op: 'acquire-replicas', who_has: new Map([['copy', [BOB]]]), nbytes: new Map(), stimulus_id: 's' })
  t.compute('y', { x: [BOB] })
  t.push({ type: 'resumed' })
  expect(t.asked).toEqual([`${BOB}: x`])
  t.delivers(BOB, 'x')
  t.delivers(BOB, 'copy')
  expect(t.said('add-keys').map((m) => m.keys)).toEqual([['x'], ['copy']])
})
