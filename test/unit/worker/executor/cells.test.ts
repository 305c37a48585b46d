import { expect, test } from 'vitest'
import { Cells } from '../../../../src/worker/executor/cells.js'

test('a job is either begun or taken back, never both', () => {
  const main = Cells.of(4)
  const thread = new Cells(main.memory)
  const begun = { cell: 1, sequence: 7 }
  main.offer(begun)
  expect(thread.claim(begun, 123.5)).toBe(true)
  expect(main.withdraw(begun)).toBe(false)
  expect(main.isClaimed(begun)).toBe(true)
  expect(main.startOf(begun)).toBe(123.5)

  const taken = { cell: 2, sequence: 8 }
  main.offer(taken)
  expect(main.withdraw(taken)).toBe(true)
  expect(thread.claim(taken, 1)).toBe(false)
})

test('a cell that was given to another job cannot be claimed for the old one', () => {
  const main = Cells.of(1)
  const thread = new Cells(main.memory)
  const old = { cell: 0, sequence: 1 }
  const fresh = { cell: 0, sequence: 2 }
  main.offer(old)
  main.withdraw(old)
  main.offer(fresh)
  expect(thread.claim(old, 1)).toBe(false)
  expect(thread.claim(fresh, 2)).toBe(true)
  expect(main.startOf(fresh)).toBe(2)
})

test('both sides see that a signal was taken and that an end was asked for; a new job begins without', () => {
  const main = Cells.of(1)
  const thread = new Cells(main.memory)
  const job = { cell: 0, sequence: 2 ** 27 + 3 }
  main.offer(job)
  thread.claim(job, 1)
  expect([main.hasTakenSignal(job), thread.isAbortAsked(job)]).toEqual([false, false])
  thread.takeSignal(job)
  main.askAbort(job)
  expect([main.hasTakenSignal(job), thread.isAbortAsked(job), main.isClaimed(job)]).toEqual([true, true, true])
  const next = { cell: 0, sequence: 4 }
  main.offer(next)
  expect([main.hasTakenSignal(next), thread.isAbortAsked(next), main.isClaimed(next)]).toEqual([false, false, false])
})
