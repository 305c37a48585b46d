/** The races of evidence D4, by number: the scheduler's side. The worker's is beside its core. */
import { expect, test } from 'vitest'
import { ALICE, ARGS, BOB, CLIENT, OTHER, TableTop } from './table-top.js'

function cluster(): TableTop {
  const t = new TableTop()
  t.worker(ALICE)
  t.client()
  return t
}

test('1: a key cancelled and submitted again while its run is dying runs anew, under a new id', () => {
  const t = cluster()
  t.graph({ a: [] })
  const dying = t.lastRun('a')
  t.cancel(['a'])
  t.graph({ a: [] })
  const anew = t.lastRun('a')
  expect(anew.run_id).toBeGreaterThan(dying.run_id)
  t.hear(ALICE, { op: 'task-ended', key: 'a', run_id: dying.run_id })
  t.finish('a', { run_id: dying.run_id })
  expect(t.states).toEqual({ a: 'processing' })
  t.finish('a')
  expect(t.states).toEqual({ a: 'memory' })
})

test('2: a value that arrives where it was fetched after it was released is dropped there', () => {
  const t = cluster()
  t.worker(BOB)
  t.graph({ a: [], b: ['a'] }, { keys: ['b'] })
  t.finish('a')
  t.cancel(['b'])
  t.clear()
  t.has(BOB, ['a'])
  expect(t.told('remove-replicas', BOB)).toMatchObject([{ keys: ['a'] }])
  expect(t.states).toEqual({})
})

test('3: a released key is gone for everybody at once, whatever its holder still sends', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.finish('a')
  t.release('a')
  expect(t.core.whoHas(['a']).get('a')).toEqual([])
  expect(t.told('free-keys', ALICE)).toMatchObject([{ keys: ['a'] }])
})

test('4: a freed task takes a place until its worker says that it has ended', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.graph({ b: [] })
  const { run_id } = t.lastRun('a')
  t.release('a')
  t.graph({ c: [] })
  expect(t.states).toMatchObject({ b: 'processing', c: 'queued' })
  t.hear(ALICE, { op: 'task-ended', key: 'a', run_id })
  expect(t.states).toMatchObject({ c: 'processing' })
})

test('5: a result that was reported and read survives its worker if it is small', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.finish('a', { inline: ARGS })
  t.leave(ALICE)
  expect(t.states).toEqual({ a: 'memory' })
})

test('5: a result that was under way when its worker was lost is made again; the late report of it is of no account', () => {
  const t = cluster()
  t.graph({ a: [] })
  const lost = t.lastRun('a')
  t.leave(ALICE)
  t.worker(BOB)
  expect(t.lastRun('a').worker).toBe(BOB)
  t.worker(ALICE)
  const late = { nbytes: 8, typename: '', thread: 0, start: 1, stop: 2 }
  t.hear(ALICE, { op: 'task-finished', key: 'a', run_id: lost.run_id, ...late })
  expect(t.states).toEqual({ a: 'processing' })
  expect(t.told('free-keys', ALICE)).toMatchObject([{ keys: ['a'] }])
})

test('6: a late report of a stolen task, or of an earlier life of its key, changes nothing', () => {
  const t = cluster()
  t.worker(BOB)
  t.graph({ a: [] })
  const first = t.lastRun('a')
  t.hear(first.worker, { op: 'reschedule', key: 'a', run_id: first.run_id })
  t.release('a')
  t.graph({ a: { recipe: 'another life' } })
  for (const worker of [ALICE, BOB])
    t.hear(worker, {
      ...{ op: 'task-finished', key: 'a', run_id: first.run_id, nbytes: 1 },
      ...{ typename: '', thread: 0, start: 1, stop: 2 },
    })
  expect(t.states).toEqual({ a: 'processing' })
  t.finish('a')
  expect(t.core.whoHas(['a']).get('a')).toEqual([t.lastRun('a').worker])
})

test('6: run ids are never used twice, not even in another life of the scheduler', () => {
  const run = (epoch: number) => {
    const t = new TableTop({ epoch })
    t.worker(ALICE)
    t.client()
    t.graph({ a: [] })
    return t.lastRun('a').run_id
  }
  expect(run(2)).toBe(run(1) + 2 ** 32)
  expect(Number.isSafeInteger(run(2 ** 20 - 1))).toBe(true)
})

test('7: a release that was sent before a submission of other work under the same key comes first', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.finish('a')
  t.release('a')
  t.graph({ a: { recipe: 'other' } })
  expect(t.heard('cancelled-keys')).toEqual([])
  expect(t.states).toEqual({ a: 'processing' })
})

test('7: other work under a key in use is refused in any state of it, and for any client', () => {
  const t = cluster()
  t.client(OTHER)
  t.graph({ a: [], b: ['a'] })
  t.finish('a')
  t.fail('b')
  for (const key of ['a', 'b']) t.graph({ [key]: { recipe: 'other' }, n: [] }, { client: OTHER })
  expect(t.heard('cancelled-keys', OTHER).map((m) => m.reason)).toEqual(['key-conflict', 'key-conflict'])
  expect(t.states).toEqual({ a: 'memory', b: 'erred' })
})

test('8: a graph that was still being taken in goes whole when its client leaves', () => {
  const t = new TableTop({ validate: false })
  t.worker(ALICE)
  t.client()
  const keys = Array.from({ length: 30_000 }, (_, i) => `k${i}`)
  t.graph(Object.fromEntries(keys.map((key, i) => [key, i === 0 ? [] : [`k${i - 1}`]])), { keys: ['k29999'] })
  for (let i = 0; i < 10; i++) t.core.handle({ type: 'continue' }, t.now)
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  expect(t.states).toEqual({})
})

test('8: what a client wanted that vanished is kept for it for 5 s, and is let go then', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.push({ type: 'client-left', client: CLIENT, lost: true })
  t.finish('a')
  t.advance(4999)
  expect(t.states).toEqual({ a: 'memory' })
  t.advance(1)
  expect(t.states).toEqual({})
})

test('8: a client that is back in time finds what it wanted, and is told of it when it asks', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.push({ type: 'client-left', client: CLIENT, lost: true })
  t.finish('a')
  t.advance(4999)
  t.client()
  t.say({ op: 'client-desires-keys', keys: ['a'] })
  t.advance(10_000)
  expect(t.heard('key-in-memory')).toMatchObject([{ key: 'a' }])
  expect(t.states).toEqual({ a: 'memory' })
})

test('8: a client that says goodbye is gone at once', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.say({ op: 'close-client' })
  expect(t.states).toEqual({})
})

test('9: what a client says while its graph is being taken in waits behind it, another client does not', () => {
  const t = new TableTop({ validate: false })
  t.worker(ALICE)
  t.client()
  t.client(OTHER)
  const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`)
  t.graph(Object.fromEntries(keys.map((key, i) => [key, i === 0 ? [] : [`k${i - 1}`]])), { keys: ['k19999'] })
  t.graph({ mine: ['k19999'] })
  t.graph({ others: [] }, { client: OTHER })
  expect(t.states.others).toBe('processing')
  expect(t.states.mine).toBeUndefined()
  t.goOn()
  expect(t.states.mine).toBe('waiting')
})

test('9: nothing of a graph that is refused is ever seen, however late that is found', () => {
  const t = new TableTop({ validate: false })
  t.worker(ALICE)
  t.client()
  const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`)
  const chain = Object.fromEntries(keys.map((key, i) => [key, i === 0 ? ['k19999'] : [`k${i - 1}`]]))
  t.graph(chain, { keys: ['k19999'] })
  const seen = new Set<string>()
  for (let more = true; more; ) {
    for (const key of Object.keys(t.states)) seen.add(key)
    more = t.push({ type: 'continue' }).some((i) => i.do === 'continue')
  }
  expect(t.heard('cancelled-keys')).toMatchObject([{ reason: 'bad-graph' }])
  expect([...seen, ...Object.keys(t.states)]).toEqual([])
  expect(t.sent).toEqual([])
})

test('10: an erred key that is submitted again gives its error, and retries start it anew', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.fail('a')
  t.graph({ a: [] })
  expect(t.heard('task-erred')).toHaveLength(2)
  t.graph({ a: [] }, { options: { retries: 1 } })
  expect(t.states).toEqual({ a: 'processing' })
})

test('11: a worker is taken for dead after 30 s of silence, and only then', () => {
  const t = cluster()
  t.now = 29_999
  t.advance(0)
  expect(t.core.hasWorker(ALICE)).toBe(true)
  t.advance(1)
  expect(t.core.hasWorker(ALICE)).toBe(false)
})
