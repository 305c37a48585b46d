import { expect, test } from 'vitest'
import { Silence } from '../../../src/client/silence.js'
import { CommClosedError, WaitTimeoutError } from '../../../src/errors.js'

/** A scheduler that is asked, with what came of it. */
class Table {
  asked = 0
  deadAfter: number | undefined
  answer: () => Promise<unknown> = () => Promise.reject(new WaitTimeoutError('no answer'))
  readonly silence = new Silence(5000, {
    ask: () => {
      this.asked++
      return this.answer()
    },
    onDead: (ms) => {
      this.deadAfter = ms
    },
  })

  async ticks(n: number): Promise<void> {
    for (let i = 0; i < n; i++) this.silence.tick()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a scheduler that says nothing, also when it is asked, is gone', async () => {
  const t = new Table()
  await t.ticks(2)
  expect(t.asked).toBe(0)
  await t.ticks(1)
  expect([t.asked, t.deadAfter]).toEqual([1, 15_000])
})

test('one that answers each heartbeat is never asked', async () => {
  const t = new Table()
  for (let i = 0; i < 10; i++) {
    await t.ticks(2)
    t.silence.heard()
  }
  expect(t.asked).toBe(0)
})

test('one that only answers the question is there, and so is one that does not know the question', async () => {
  const t = new Table()
  t.answer = () => Promise.resolve()
  await t.ticks(3)
  expect([t.asked, t.deadAfter]).toEqual([1, undefined])
  t.answer = () => Promise.reject(new CommClosedError('tcp://x:1', 'it has no such operation'))
  await t.ticks(3)
  expect([t.asked, t.deadAfter]).toEqual([2, undefined])
})

test('one that said something while it was asked is there', async () => {
  const t = new Table()
  t.answer = async () => {
    t.silence.heard()
    throw new WaitTimeoutError('no answer')
  }
  await t.ticks(3)
  expect(t.deadAfter).toBeUndefined()
})
