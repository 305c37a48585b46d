/** What concerns very many tasks is done in turns, and nobody can tell from the outcome. */
import { expect, test } from 'vitest'
import type { CoreOptions } from '../../../../src/scheduler/core/options.js'
import { ALICE, BOB, CLIENT, OTHER, TableTop } from './table-top.js'

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

function cluster(options: Partial<CoreOptions> = {}): TableTop {
  const t = new TableTop({ turnSteps: 20, ...options })
  t.worker(ALICE, { nthreads: 100 })
  t.client()
  t.client(OTHER)
  return t
}

/** That many results, on alice alone; of each, a task of the other client's may be made. */
function results(t: TableTop, n: number): string[] {
  const keys = numbers(n).map((i) => `k${i}`)
  t.graph(Object.fromEntries(keys.map((key) => [key, []])))
  t.goOn()
  for (const key of keys) t.finish(key)
  t.clear()
  return keys
}

test('another client is served while very many results are let go', () => {
  const t = cluster()
  const keys = results(t, 60)
  t.release(...keys)
  expect(Object.keys(t.states).length).toBeGreaterThan(30)
  t.graph({ others: [] }, { client: OTHER })
  expect(t.sent).toEqual(['others@alice'])
  t.goOn()
  expect(t.states).toEqual({ others: 'processing' })
  expect(t.told('free-keys').flatMap((m) => m.keys)).toHaveLength(60)
})

test('what a client says after it let very many results go waits for that', () => {
  const t = cluster()
  const keys = results(t, 60)
  t.release(...keys)
  t.graph({ k59: { recipe: 'other' } })
  t.goOn()
  expect(t.heard('cancelled-keys')).toEqual([])
  expect(t.states).toEqual({ k59: 'processing' })
})

test('a long chain that is let go by its end is forgotten in turns, and another client is served meanwhile', () => {
  const t = cluster()
  t.graph(Object.fromEntries(numbers(60).map((i) => [`c${i}`, i === 0 ? [] : [`c${i - 1}`]])), { keys: ['c59'] })
  t.goOn()
  t.release('c59')
  expect(Object.keys(t.states).length).toBeGreaterThan(30)
  t.graph({ others: [] }, { client: OTHER })
  expect(t.states.others).toBe('processing')
  t.goOn()
  expect(t.states).toEqual({ others: 'processing' })
})

test("what only waits to be forgotten is kept if it is submitted again, and is in nobody's way", () => {
  const t = cluster()
  t.graph(Object.fromEntries(numbers(60).map((i) => [`c${i}`, i === 0 ? [] : [`c${i - 1}`]])), { keys: ['c59'] })
  t.goOn()
  t.release('c59')
  expect(t.states.c3).toBeDefined()
  t.graph({ c3: { deps: [], recipe: 'other' }, mine: ['c3'] }, { client: OTHER, keys: ['mine'] })
  t.goOn()
  expect(t.heard('cancelled-keys', OTHER)).toEqual([])
  expect(t.states).toEqual({ c3: 'processing', mine: 'waiting' })
})

test('a graph keeps a part of it that waited to be forgotten', () => {
  const t = cluster()
  const chain = (n: number) => Object.fromEntries(numbers(n).map((i) => [`c${i}`, i === 0 ? [] : [`c${i - 1}`]]))
  t.graph(chain(60), { keys: ['c59'] })
  t.goOn()
  t.release('c59')
  expect(t.states.c20).toBeDefined()
  t.graph(chain(22), { client: OTHER, keys: ['c21'] })
  t.goOn()
  expect(t.heard('cancelled-keys', OTHER)).toEqual([])
  expect(Object.keys(t.states)).toHaveLength(22)
})

test('a client that is gone lets go of very many results in turns, and another is served between them', () => {
  const t = cluster()
  results(t, 60)
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  expect(t.core.hasClient(CLIENT)).toBe(false)
  t.graph({ others: [] }, { client: OTHER })
  expect(t.sent).toEqual(['others@alice'])
  t.goOn()
  expect(t.states).toEqual({ others: 'processing' })
})

test('of what a client that is gone had in the queue nothing begins while it is let go', () => {
  const t = cluster()
  t.map('m', 300, { shared_deps: [] })
  t.graph(Object.fromEntries(numbers(300).map((i) => [`k${i}`, []])))
  t.goOn()
  const runs = t.sent
  t.clear()
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  expect(t.core.counts().queued).toBeGreaterThan(100)
  for (const run of runs) t.finish(run.slice(0, run.indexOf('@')))
  t.goOn()
  expect(t.sent).toEqual([])
  expect(t.states).toEqual({})
})

test('a client that comes back under its name while its results are let go has nothing of before', () => {
  const t = cluster()
  const keys = results(t, 60)
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  t.client()
  t.graph({ k59: { recipe: 'recipe of k59' } })
  t.goOn()
  expect(Object.keys(t.states)).toEqual(['k59'])
  expect(keys).toContain('k59')
})

test('a graph that is taken in when its client leaves goes whole, in turns', () => {
  const t = cluster()
  t.graph(Object.fromEntries(numbers(100).map((i) => [`c${i}`, i === 0 ? [] : [`c${i - 1}`]])), { keys: ['c99'] })
  while (Object.keys(t.states).length < 10) t.push({ type: 'continue' })
  t.push({ type: 'client-left', client: CLIENT, lost: false })
  t.goOn()
  expect(t.states).toEqual({})
})

test('a graph that has more than was asked for goes whole, whenever its client leaves', () => {
  for (const turns of numbers(40)) {
    const t = cluster({ turnSteps: 1 })
    t.graph(Object.fromEntries(numbers(6).map((i) => [`c${i}`, []])), { keys: ['c5'] })
    for (const _ of numbers(turns)) t.push({ type: 'continue' })
    t.push({ type: 'client-left', client: CLIENT, lost: false })
    t.goOn()
    expect(t.states).toEqual({})
  }
})

test('what happens while the loss of very many results is dealt with waits, in order', () => {
  const t = cluster()
  results(t, 300)
  t.worker(BOB)
  t.leave(ALICE)
  expect(t.core.isBusy).toBe(true)
  t.graph({ others: [] }, { client: OTHER })
  t.push({ type: 'client-left', client: OTHER, lost: false })
  expect(t.core.hasClient(OTHER)).toBe(true)
  t.goOn()
  expect(t.core.isBusy).toBe(false)
  expect(t.core.hasClient(OTHER)).toBe(false)
  expect(t.states.others).toBeUndefined()
  expect(t.core.counts()).toMatchObject({ memory: 0, processing: 2, queued: 298 })
})

test('very many tasks that waited for one input run in their order, and others come between', () => {
  const t = cluster()
  t.map('m', 300, { shared_deps: ['a'], client: CLIENT })
  t.goOn()
  expect(t.states).toEqual({})
  t.graph({ a: [] })
  t.map('m', 300, { shared_deps: ['a'] })
  t.goOn()
  t.clear()
  t.finish('a')
  t.graph({ others: [] }, { client: OTHER })
  expect(t.states.others).toBe('processing')
  t.goOn()
  expect(t.sent.filter((sent) => sent.startsWith('m-')).slice(0, 3)).toEqual(['m-0@alice', 'm-1@alice', 'm-2@alice'])
  expect(t.core.counts()).toMatchObject({ waiting: 0 })
})

test('what fails for very many fails for all of them before anything else happens', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.map('m', 300, { shared_deps: ['a'] })
  t.goOn()
  t.fail('a')
  t.graph({ others: ['a'] }, { client: OTHER })
  t.goOn()
  expect(t.heard('task-erred')).toHaveLength(301)
  expect(t.heard('task-erred', OTHER)).toMatchObject([{ key: 'others', blame: 'a' }])
})

test('a task that a hundred and thirty thousand others need can be cancelled with them', { timeout: 120_000 }, () => {
  // Just beyond what fits on the stack, if somebody spreads them.
  const n = 130_000
  const t = new TableTop({ validate: false })
  t.client()
  t.graph({ a: [] })
  t.map('m', n, { shared_deps: ['a'] })
  goOnUnchecked(t)
  t.clear()
  t.cancel(['a'])
  goOnUnchecked(t)
  expect(t.heard('cancelled-keys').flatMap((m) => m.keys)).toHaveLength(n + 1)
  expect(t.states).toEqual({})
})

/** Looking at everything after each turn takes too long here. */
function goOnUnchecked(t: TableTop): void {
  for (let more = true; more; ) {
    const out = t.core.handle({ type: 'continue' }, t.now)
    for (const instruction of out) t.out.push(instruction)
    more = out.some((i) => i.do === 'continue')
  }
}

test('a refused map says so for each of its keys, in turns', () => {
  const t = cluster()
  t.map('m', 100, { shared_deps: ['nowhere'] })
  t.goOn()
  const cancelled = t.heard('cancelled-keys')
  expect(cancelled.length).toBeGreaterThan(5)
  expect(cancelled.flatMap((m) => m.keys)).toEqual(numbers(100).map((i) => `m-${i}`))
})
