import { expect, onTestFinished, test } from 'vitest'
import { TaskHoldings } from '../../../src/client/task-holdings.js'
import type { Waiting } from '../../../src/client/waiting.js'

function taskWith(signal: AbortSignal): TaskHoldings {
  return new TaskHoldings({ key: 'a', signal, isOver: false }, () => {})
}

function future() {
  return {
    name: 'b',
    isEmpty: false,
    releaseAll() {
      this.isEmpty = true
    },
  }
}

test('a task that goes through many futures keeps those alone that it has not let go', () => {
  const holdings = taskWith(new AbortController().signal)
  const kept = future()
  holdings.hold(kept)
  for (let i = 0; i < 100_000; i++) {
    const one = future()
    holdings.hold(one)
    one.releaseAll()
  }
  expect(holdings.size).toBeLessThan(2000)
  holdings.letGo()
  expect([kept.isEmpty, holdings.size]).toEqual([true, 0])
})

test('a task may wait for hundreds of calls at once, all of which end with it, without a warning', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  const controller = new AbortController()
  const holdings = taskWith(controller.signal)
  const failed: unknown[] = []
  const waiting = Array.from({ length: 300 }, () => ({ fail: (error: Error) => failed.push(error) }) as Waiting)
  for (const one of waiting) holdings.wait(one)
  holdings.waited(waiting[0] as Waiting)
  controller.abort(new Error('ended'))
  expect(failed).toEqual(Array(299).fill(new Error('ended')))
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).toEqual([])
})
