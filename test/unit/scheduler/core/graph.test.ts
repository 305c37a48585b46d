import { describe, expect, test } from 'vitest'
import { ALICE, BOB, CLIENT, mapSpec, OTHER, TableTop, taskSpec } from './table-top.js'

test('a task runs, and its client is told that it is in memory', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [] })
  expect(t.sent).toEqual(['a@alice'])
  t.finish('a')
  expect(t.heard('key-in-memory')).toEqual([
    { op: 'key-in-memory', key: 'a', nbytes: 8, typename: 'number', who_has: [ALICE] },
  ])
})

test('a task waits for its inputs and is told who has them', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ c: ['a', 'b'], a: [], b: [] }, { keys: ['c'] })
  t.finish('a')
  expect(t.states).toEqual({ a: 'memory', b: 'processing', c: 'waiting' })
  t.finish('b')
  expect(t.told('compute-task').at(-1)?.who_has).toEqual(
    new Map([
      ['a', [ALICE]],
      ['b', [ALICE]],
    ]),
  )
  t.finish('c')
  expect(t.states).toEqual({ a: 'released', b: 'released', c: 'memory' })
})

test('an input that nobody wants is freed where it is, and its recipe stays while something depends on it', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [], b: ['a'] }, { keys: ['b'] })
  t.finish('a')
  t.clear()
  t.finish('b')
  expect(t.told('free-keys')).toMatchObject([{ keys: ['a'] }])
  t.release('b')
  expect(t.states).toEqual({})
})

test('a graph that needs an unknown key is refused whole', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [], b: ['a', 'nowhere'] })
  expect(t.states).toEqual({})
  expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['a', 'b'], reason: 'lost-dependencies' }])
  expect(t.heard('cancelled-keys')[0]?.msg).toContain('nowhere')
})

test('a graph with a cycle is refused whole, and the cycle is named', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: ['c'], b: ['a'], c: ['b'], d: [] })
  expect(t.states).toEqual({})
  expect(t.heard('cancelled-keys')).toMatchObject([
    { reason: 'bad-graph', msg: expect.stringMatching(/a → c → b → a/) },
  ])
})

test('the same key for other work is a conflict, and nothing of that graph is registered', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.client(OTHER)
  t.graph({ a: [] })
  t.graph({ x: [], a: { recipe: 'other' } }, { client: OTHER })
  expect(t.states).toEqual({ a: 'processing' })
  expect(t.heard('cancelled-keys', OTHER)).toMatchObject([{ keys: ['x', 'a'], reason: 'key-conflict' }])
  expect(t.core.task('a')?.wantedBy).toEqual([CLIENT])
})

test('the same key for the same work is shared', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.client(OTHER)
  t.graph({ a: [] })
  t.finish('a')
  t.graph({ a: [] }, { client: OTHER })
  expect(t.sent).toEqual(['a@alice'])
  expect(t.heard('key-in-memory', OTHER)).toHaveLength(1)
  t.release('a')
  expect(t.states).toEqual({ a: 'memory' })
})

test('a map has a task for each item', () => {
  const t = new TableTop()
  t.worker(ALICE, { nthreads: 4 })
  t.client()
  t.map('m', 3)
  expect(t.sent).toEqual(['m-0@alice', 'm-1@alice', 'm-2@alice'])
  expect(t.told('compute-task').map((m) => m.args.head.byteLength)).toEqual([1, 1, 1])
})

test('a huge graph is taken in over many turns, and later messages of its client wait', () => {
  const t = new TableTop({ validate: false })
  t.worker(BOB, { nthreads: 1 })
  t.client()
  const keys = Array.from({ length: 30_000 }, (_, i) => `k${i}`)
  t.graph(Object.fromEntries(keys.map((key, i) => [key, i === 0 ? [] : [`k${i - 1}`]])), { keys: ['k29999'] })
  t.release('k29999')
  expect(t.sent).toEqual([])
  expect(t.goOn()).toBeGreaterThan(5)
  expect(t.states).toEqual({})
})

test('code that its client released goes when no task needs it, however often it was sent', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [] })
  t.graph({ b: [] })
  const release = () => t.say({ op: 'client-releases-code', hashes: ['code'] })
  release()
  t.release('a', 'b')
  expect(t.out).not.toContainEqual({ do: 'drop-code', hash: 'code' })
  release()
  expect(t.out).toContainEqual({ do: 'drop-code', hash: 'code' })
  t.clear()
  t.graph({ c: [] })
  release()
  expect(t.states).toEqual({ c: 'processing' })
  expect(t.out).not.toContainEqual({ do: 'drop-code', hash: 'code' })
  t.release('c')
  expect(t.out).toContainEqual({ do: 'drop-code', hash: 'code' })
})

describe('submissions in one message that are each on its own', () => {
  const code = [{ hash: 'code', kind: 'function' as const, name: 'f', body: '', externals: [] }]

  test('one with a fault is refused, with what needs it; the others run', () => {
    const t = new TableTop()
    t.worker()
    t.client()
    t.client(OTHER)
    t.graph({ k: [] }, { client: OTHER })
    const tasks = [
      taskSpec('after', ['m-1']),
      taskSpec('fine'),
      taskSpec('k', { recipe: 'other' }),
      taskSpec('lost', ['nowhere']),
      taskSpec('needs', ['lost']),
    ]
    const maps = [mapSpec('m', 2, { shared_deps: ['fine'] }), mapSpec('bad', 2, { shared_deps: ['lost'] })]
    t.say({ op: 'update-graph', tasks, maps, keys: tasks.map(({ key }) => key), code, apart: true })
    expect(t.heard('cancelled-keys').map(({ keys, reason }) => `${keys} ${reason}`)).toEqual([
      'k key-conflict',
      'lost lost-dependencies',
      'needs lost-dependencies',
      'bad-0,bad-1 lost-dependencies',
    ])
    expect(Object.keys(t.states).sort()).toEqual(['after', 'fine', 'k', 'm-0', 'm-1'])
    expect(t.heard('ack')).toMatchObject([{ seq: 1 }])
  })

  test('without that word they are one, and all are refused', () => {
    const t = new TableTop()
    t.worker()
    t.client()
    t.graph({ fine: [], lost: ['nowhere'] })
    expect(t.heard('cancelled-keys')).toMatchObject([{ keys: ['fine', 'lost'], reason: 'lost-dependencies' }])
    expect(t.states).toEqual({})
  })
})

test('a copy that is on its way when its key is let go is called off, since the key may stand for other work next', () => {
  const t = new TableTop()
  t.worker()
  t.client()
  t.graph({ a: [] })
  t.finish('a')
  t.worker(BOB)
  t.push({ type: 'replicate', keys: ['a'], n: 2 })
  t.clear()
  t.release('a')
  t.graph({ a: { recipe: 'other work' } })
  expect(t.told('remove-replicas', BOB)).toMatchObject([{ keys: ['a'] }])
  expect(t.states).toEqual({ a: 'processing' })
})
