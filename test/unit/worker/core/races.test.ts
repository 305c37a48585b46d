/**
 * The worker's side of the races of evidence D4, by number, and of traps 7 and 8. The scheduler's side is beside its core;
 * 3 has a part in the tests of get-data, 7 to 11 are the scheduler's alone.
 */
import { expect, test } from 'vitest'
import { ALICE, BOB, CAROL, TableTop } from './table-top.js'

/** A task that runs, and was freed: the executor has said that it cannot be taken back. */
function dying(): TableTop {
  const t = new TableTop()
  t.compute('a', {}, { run_id: 1 })
  t.free('a')
  t.withdrawn('a', false)
  t.clear()
  return t
}

test('1: after the signal a run is dead: what it gives is dropped, and the new run begins when it has ended', () => {
  const t = dying()
  t.compute('a', {}, { run_id: 2 })
  expect(t.started).toEqual([])
  t.executed('a')
  expect(t.all('drop')).toMatchObject([{ keys: ['a'] }])
  expect(t.said('task-finished')).toEqual([])
  expect(t.all('execute')).toMatchObject([{ key: 'a', runId: 2 }])
  t.executed('a')
  expect(t.said('task-finished')).toMatchObject([{ key: 'a', run_id: 2 }])
})

test('1: whether a dying run gives a value, fails or is aborted makes no difference to the new one', () => {
  for (const end of ['executed', 'fails', 'abort'] as const) {
    const t = dying()
    t.compute('a', {}, { run_id: 2 })
    if (end === 'abort') t.executed('a', { status: 'aborted' })
    else t[end]('a')
    expect(t.said('task-erred')).toEqual([])
    expect(t.said('task-ended')).toMatchObject([{ run_id: 1 }])
    expect(t.all('execute')).toMatchObject([{ key: 'a', runId: 2 }])
  }
})

test('1: a key that is wanted again and let go again while its run is dying is forgotten when that has ended', () => {
  const t = dying()
  t.compute('a', {}, { run_id: 2 })
  t.free('a')
  t.executed('a')
  expect(t.started).toEqual([])
  expect(t.said('task-ended').map((m) => m.run_id)).toEqual([2, 1])
  expect([...t.core.keys()]).toEqual([])
})

test('2: what arrives for nobody is dropped, and what came with it for somebody is kept', () => {
  const t = new TableTop()
  t.compute('a', { x: [BOB] })
  t.compute('b', { y: [CAROL], z: [BOB] })
  t.free('a')
  t.delivers(BOB, 'x')
  expect(t.all('drop')).toMatchObject([{ keys: ['x'] }])
  expect(t.core.has('x')).toBe(false)
  t.delivers(CAROL, 'y')
  t.delivers(BOB, 'z')
  expect(t.started).toEqual(['b'])
})

test('2: a key that was freed while it was fetched, and is wanted again, is fetched anew: it may be another value now', () => {
  const t = new TableTop()
  t.message({ op: 'acquire-replicas', who_has: new Map([['x', [BOB]]]), nbytes: new Map(), stimulus_id: 's' })
  t.free('x')
  t.compute('a', { x: [BOB] })
  t.delivers(BOB, 'x')
  expect(t.started).toEqual([])
  expect(t.asked).toEqual([`${BOB}: x`, `${BOB}: x`])
  t.delivers(BOB, 'x')
  expect(t.started).toEqual(['a'])
})

test('3: a freed value is gone at once for whoever asks, and its task waits for another copy', () => {
  const t = new TableTop()
  t.put('x')
  t.compute('a')
  t.compute('b', { x: [] })
  t.free('x')
  expect(t.core.has('x')).toBe(false)
  expect(t.core.state('b')).toBe('waiting')
  expect(t.said('request-refresh-who-has')).toMatchObject([{ keys: ['x'] }])
})

test('4: a freed task is told to have ended when its thread is free, and under the id that it was freed with', () => {
  const t = new TableTop()
  t.compute('a', {}, { run_id: 1 })
  t.compute('a', {}, { run_id: 2 })
  t.free('a')
  expect(t.said('task-ended')).toEqual([])
  t.push({ type: 'withdrawn', key: 'a', runId: 1, ok: false })
  expect(t.said('task-ended')).toEqual([])
  t.executed('a', { status: 'aborted' })
  expect(t.said('task-ended')).toMatchObject([{ key: 'a', run_id: 2 }])
})

test('4: a freed task that has not begun is told to have ended at once', () => {
  const t = new TableTop()
  t.compute('a')
  const waiting = t.compute('b', { x: [BOB] })
  t.free('b')
  expect(t.said('task-ended')).toMatchObject([{ key: 'b', run_id: waiting }])
})

test('6: an outcome of a run that is not known, or of an earlier one, changes nothing', () => {
  const t = new TableTop()
  t.compute('a', {}, { run_id: 2 })
  const outcome = { status: 'ok', nbytes: 1, typename: '', thread: 0, start: 1, stop: 2 } as const
  t.push({ type: 'executed', key: 'a', runId: 1, outcome })
  t.push({ type: 'executed', key: 'z', runId: 7, outcome })
  expect(t.core.acceptsResult('a', 1)).toBe(false)
  expect(t.core.state('a')).toBe('executing')
  expect(t.said('task-finished')).toEqual([])
})

test('6: a stolen task that comes back runs under its new id', () => {
  const t = new TableTop()
  t.compute('busy')
  t.compute('a', {}, { run_id: 1 })
  t.message({ op: 'steal-request', key: 'a', stimulus_id: 's' })
  t.compute('a', {}, { run_id: 2 })
  t.executed('busy')
  t.executed('a')
  expect(t.said('task-finished').at(-1)).toMatchObject({ key: 'a', run_id: 2 })
})

test('traps 7: one that was claimed is not given away, one that was only offered is', () => {
  for (const claimed of [true, false]) {
    const t = new TableTop({ address: ALICE })
    t.compute('a')
    t.message({ op: 'steal-request', key: 'a', stimulus_id: 's' })
    expect(t.said('steal-response')).toEqual([])
    t.withdrawn('a', !claimed)
    expect(t.said('steal-response')).toMatchObject([{ state: claimed ? 'executing' : 'ready' }])
  }
})

test('traps 7: neighbours of a run that was ended are run again without anybody being told', () => {
  const t = new TableTop({ nthreads: 2 })
  t.compute('a')
  t.compute('b')
  t.clear()
  t.executed('b', { status: 'displaced' })
  expect(t.started).toEqual(['b'])
  expect(t.all('send')).toEqual([])
})
