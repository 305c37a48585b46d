import { expect, test } from 'vitest'
import { ALICE, BOB, TableTop } from './table-top.js'

const SHORT = { start: 1000, stop: 1000.1 }

/** Two workers, and a function that is known to be short. */
function cluster(): TableTop {
  const t = new TableTop({ prefetchMs: 5 })
  t.worker(ALICE)
  t.worker(BOB)
  t.client()
  t.graph({ first: [] })
  t.finish('first', SHORT)
  t.clear()
  return t
}

test('a chain of short tasks goes to one worker at once', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'], c: ['b'] })
  const { worker } = t.lastRun('a')
  expect(t.told('compute-task', worker).map((m) => m.key)).toEqual(['a', 'b', 'c'])
  for (const key of ['a', 'b', 'c']) t.finish(key, SHORT)
  expect(t.states).toMatchObject({ a: 'memory', b: 'memory', c: 'memory' })
})

test('as many go ahead as fill some milliseconds, and more when those are done', () => {
  const t = cluster()
  const keys = Array.from({ length: 2000 }, (_, i) => `k${i}`)
  t.graph(Object.fromEntries(keys.map((key, i) => [key, i === 0 ? [] : [`k${i - 1}`]])))
  t.goOn()
  const ahead = t.sent.length
  expect(ahead).toBeGreaterThan(50)
  expect(ahead).toBeLessThan(600)
  t.finish('k0', SHORT)
  t.finish('k1', SHORT)
  expect(t.sent.length).toBe(ahead + 2)
})

test('a task that is submitted while its input is being made follows it too', () => {
  const t = cluster()
  t.graph({ a: [] })
  t.graph({ b: ['a'] })
  t.graph({ d: ['b'] })
  t.graph({ e: ['d'] })
  expect(t.told('compute-task', t.lastRun('d').worker).map((m) => m.key)).toContain('e')
})

test('a task with two inputs on one worker follows both', () => {
  const t = cluster()
  t.leave(BOB)
  t.graph({ a: [], b: [], c: ['a', 'b'] })
  expect(t.sent.map((s) => s.split('@')[0])).toEqual(['a', 'b', 'c'])
})

test('a task does not follow an input that is not known to be short, or that others wait for too', () => {
  const t = cluster()
  t.graph({ a: { function: 'code#unknown' }, b: ['a'] })
  t.graph({ x: [], y: ['x'], z: ['x'] })
  expect(t.states).toMatchObject({ b: 'waiting', y: 'waiting', z: 'waiting' })
})

test('a follower fails with its input', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] })
  const { worker } = t.lastRun('a')
  t.fail('a')
  expect(t.states).toMatchObject({ a: 'erred', b: 'erred' })
  expect(
    t
      .told('free-keys', worker)
      .flatMap((m) => m.keys)
      .sort(),
  ).toEqual(['a', 'b'])
  expect(t.heard('task-erred').map((m) => [m.key, m.blame])).toEqual(expect.arrayContaining([['b', 'a']]))
})

test('a follower is taken back when its input is to run elsewhere', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] })
  const { worker, run_id } = t.lastRun('a')
  t.hear(worker, { op: 'reschedule', key: 'a', run_id })
  expect(t.told('free-keys', worker).flatMap((m) => m.keys)).toContain('b')
  const again = t.lastRun('a')
  t.finish('a', SHORT)
  expect(t.lastRun('b').worker).toBe(again.worker)
})

test('the death of a worker is not blamed on those that waited there for an input', () => {
  const t = cluster()
  t.graph({ a: [], b: ['a'] })
  t.leave(t.lastRun('a').worker)
  expect(t.core.task('a')?.deaths).toHaveLength(1)
  expect(t.core.task('b')?.deaths).toEqual([])
})
