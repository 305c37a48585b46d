import { expect, test } from 'vitest'
import { Outcomes } from '../../../src/client/outcomes.js'
import { encode } from '../../../src/values/encode.js'

const ALICE = 'tcp://127.0.0.1:1'
const BOB = 'tcp://127.0.0.1:2'
let keys = 0
const news = (value: unknown, who_has: string[], inline = true) => {
  const encoded = encode(value)
  const typename = typeof value
  return { key: `k-${keys++}`, nbytes: encoded.nbytes, typename, who_has, ...(inline && { inline: encoded }) }
}

test('tasks that end alike on one worker have one outcome, whatever ends between them elsewhere', () => {
  const outcomes = new Outcomes()
  const first = outcomes.finished(news(undefined, [ALICE]))
  expect(first).toMatchObject({ status: 'finished', typename: 'undefined', holders: [ALICE] })
  expect(outcomes.finished(news(undefined, [BOB])).holders).toEqual([BOB])
  expect(outcomes.finished(news(undefined, [ALICE]))).toBe(first)
  expect(outcomes.finished(news(5, [ALICE]))).toMatchObject({ typename: 'number', holders: [ALICE] })
  expect(outcomes.finished(news(undefined, [ALICE, BOB])).holders).toEqual([ALICE, BOB])
  expect(outcomes.finished(news(undefined, [])).holders).toEqual([])
})

test('a result that has to be fetched has an outcome of its own each time: a new one is seen as new', () => {
  const outcomes = new Outcomes()
  const first = outcomes.finished(news('x', [ALICE], false))
  const second = outcomes.finished(news('x', [ALICE], false))
  expect(second).toEqual(first)
  expect(second).not.toBe(first)
})
