import { expect, test } from 'vitest'
import { ALICE, BOB, CLIENT, OTHER, TableTop } from './table-top.js'

function cluster(options = {}): TableTop {
  const t = new TableTop(options)
  t.worker(ALICE)
  t.worker(BOB)
  t.client()
  return t
}

test('a task that throws has failed, and so has all that needs it, with the same error', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'], c: ['b'] })
  t.fail('a')
  expect(t.states).toEqual({ a: 'erred', b: 'erred', c: 'erred' })
  expect(t.heard('task-erred').map((m) => [m.key, m.blame])).toEqual(
    expect.arrayContaining([
      ['c', 'a'],
      ['a', 'a'],
    ]),
  )
})

test('retries are for what user code threw, and are counted', () => {
  const t = cluster()
  t.graph({ a: [] }, { options: { retries: 2 } })
  t.fail('a')
  t.fail('a')
  expect(t.states).toEqual({ a: 'processing' })
  expect(t.told('compute-task').map((m) => m.attempt)).toEqual([1, 2, 3])
  t.fail('a')
  expect(t.states).toEqual({ a: 'erred' })
})

test('a task that timed out is not tried again', () => {
  const t = cluster()
  t.graph({ a: [] }, { options: { retries: 2 } })
  t.fail('a', { kind: 'timeout' })
  expect(t.states).toEqual({ a: 'erred' })
})

test('retries wait for their delay, doubled each time', () => {
  const t = cluster()
  t.graph({ a: [] }, { options: { retries: 3, retry_delay: 100 } })
  t.fail('a')
  expect(t.states).toEqual({ a: 'released' })
  expect(t.out).toContainEqual({ do: 'wake-at', time: 100 })
  t.advance(99)
  expect(t.states).toEqual({ a: 'released' })
  t.advance(1)
  expect(t.states).toEqual({ a: 'processing' })
  t.fail('a')
  t.advance(199)
  expect(t.states).toEqual({ a: 'released' })
  t.advance(1)
  expect(t.states).toEqual({ a: 'processing' })
})

test('an erred task that is submitted again gives its error again, unless with retries', () => {
  const t = cluster()
  t.client(OTHER)
  t.graph({ a: [] })
  t.fail('a')
  t.graph({ a: [] }, { client: OTHER })
  expect(t.heard('task-erred', OTHER)).toHaveLength(1)
  t.graph({ a: [] }, { client: OTHER, options: { retries: 1 } })
  expect(t.states).toEqual({ a: 'processing' })
})

test('retrying a future that failed by its input retries the input', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] })
  t.fail('a')
  t.say({ op: 'retry', keys: ['b'] })
  expect(t.states).toEqual({ a: 'processing', b: 'waiting' })
  expect(
    t
      .heard('task-retried')
      .map((m) => m.key)
      .sort(),
  ).toEqual(['a', 'b'])
})

test('an erred task that nobody holds is forgotten', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.fail('a')
  t.release('a')
  expect(t.states).toEqual({})
})

test('a report of a run that is not the current one changes nothing', () => {
  const t = cluster()
  t.graph({ a: [] })
  const first = t.lastRun('a')
  t.hear(first.worker, { op: 'reschedule', key: 'a', run_id: first.run_id })
  const second = t.lastRun('a')
  t.finish('a', { run_id: first.run_id })
  expect(t.states).toEqual({ a: 'processing' })
  expect(t.lastRun('a')).toEqual(second)
})

test('a result that nobody asked for is freed', () => {
  const t = cluster()
  t.hear(ALICE, {
    ...{ op: 'task-finished', key: 'z', run_id: 5, nbytes: 1, typename: '', thread: 0, start: 1, stop: 2 },
  })
  expect(t.told('free-keys', ALICE)).toMatchObject([{ keys: ['z'] }])
})

test('a freed task counts as busy until its thread has ended', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [] })
  const { run_id } = t.lastRun('a')
  t.graph({ a2: [] })
  t.graph({ b: [] })
  expect(t.sent).toEqual(['a@alice', 'a2@alice'])
  t.release('a')
  expect(t.sent).toEqual(['a@alice', 'a2@alice'])
  t.hear(ALICE, { op: 'task-ended', key: 'a', run_id })
  expect(t.sent).toEqual(['a@alice', 'a2@alice', 'b@alice'])
})

test('a task that gave its slot back makes room for another', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [] })
  t.graph({ b: [] })
  t.graph({ c: [] })
  const { run_id } = t.lastRun('a')
  t.hear(ALICE, { op: 'long-running', key: 'a', run_id, compute_duration: 5 })
  expect(t.sent).toEqual(['a@alice', 'b@alice', 'c@alice'])
})

test('a client that leaves for good takes its tasks along; one that is lost has 5 s to come back', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.push({ type: 'client-left', client: CLIENT, lost: true })
  t.advance(4999)
  t.client()
  t.advance(10_000)
  expect(t.states).toEqual({ a: 'processing' })
  t.push({ type: 'client-left', client: CLIENT, lost: true })
  t.advance(5000)
  expect(t.states).toEqual({})
})

test('cancelling a task cancels what depends on it', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'], c: ['b'] })
  t.cancel(['a'])
  expect(t.states).toEqual({})
  expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['c', 'b', 'a'], reason: 'cancelled', msg: 'by a test' }])
})

test('cancelling what another client wants too drops only the interest of the first', () => {
  const t = cluster()
  t.client(OTHER)
  t.graph({ a: [] })
  t.graph({ a: [] }, { client: OTHER })
  t.cancel(['a'])
  expect(t.core.task('a')?.wantedBy).toEqual([OTHER])
  expect(t.heard('cancelled-keys', OTHER)).toEqual([])
  t.cancel(['a'], { force: true })
  expect(t.states).toEqual({})
  expect(t.heard('cancelled-keys', OTHER)).toMatchObject([{ keys: ['a'] }])
})

test('each message of a client is acknowledged by its number', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.release('a')
  expect(t.heard('ack').map((m) => m.seq)).toEqual([1, 2])
})
