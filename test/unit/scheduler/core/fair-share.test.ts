import { expect, test } from 'vitest'
import { ALICE, CLIENT, OTHER, TableTop } from './table-top.js'

const NIGHTLY = { function: 'code#slow' as const }
const QUESTION = { function: 'code#quick' as const }

/** One worker with one thread, and a nightly job of a thousand tasks that waits. */
function busy(): TableTop {
  const t = new TableTop({ workerSaturation: 1 })
  t.worker(ALICE)
  t.client(CLIENT)
  t.client(OTHER)
  t.map('nightly', 1000, NIGHTLY)
  return t
}

/** Everything that runs ends, so often; each takes as long as its function does. Gives what was started. */
function work(t: TableTop, rounds: number): string[] {
  t.clear()
  const started: string[] = []
  for (let i = 0; i < rounds; i++)
    for (const [key, state] of [...t.core.tasks()])
      if (state === 'processing') {
        started.push(key)
        t.finish(key, { start: 0, stop: key.startsWith('question') ? 100 : 1000 })
      }
  return started
}

test('a short job does not wait for a long one of somebody else', () => {
  const t = busy()
  t.advance(10_000)
  t.map('question', 64, { ...QUESTION, client: OTHER })
  const started = work(t, 80)
  // Ten of its tasks take as long as one of the other's.
  const done = started.lastIndexOf('question-63')
  expect(done).toBeGreaterThan(0)
  expect(started.slice(0, done).filter((key) => key.startsWith('nightly')).length).toBeLessThan(12)
})

test('clients whose tasks take equally long take turns, however many each has', () => {
  const t = busy()
  t.map('other', 100, { ...NIGHTLY, client: OTHER })
  const started = work(t, 41).slice(1)
  expect(started.filter((key) => key.startsWith('other')).length).toBe(20)
})

test('more urgent work goes first, whoever’s it is', () => {
  const t = busy()
  t.map('urgent', 64, { ...NIGHTLY, client: OTHER, options: { priority: 1 } })
  const started = work(t, 66)
  expect(started.slice(1, 65).every((key) => key.startsWith('urgent'))).toBe(true)
})

test('who has waited for nothing has nothing saved up', () => {
  const t = busy()
  work(t, 100)
  t.map('late', 100, { ...NIGHTLY, client: OTHER })
  const started = work(t, 41).slice(1)
  expect(started.filter((key) => key.startsWith('late')).length).toBe(20)
})

test('for one client alone all goes in the order of its submissions', () => {
  const t = busy()
  t.advance(10_000)
  t.map('second', 64, QUESTION)
  expect(work(t, 50).some((key) => key.startsWith('second'))).toBe(false)
})

test('explain says that other clients take turns', () => {
  const t = busy()
  t.map('question', 64, { ...QUESTION, client: OTHER })
  expect(t.core.explain('question-9')?.text).toMatch(/9 tasks are before it.*other clients take turns/)
})
