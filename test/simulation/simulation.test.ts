import { expect, test } from 'vitest'
import { simulate } from './simulate.js'

const SEEDS = 300
const PER_TEST = 50

for (let first = 1; first <= SEEDS; first += PER_TEST)
  test(`after faults and healing all sides agree, nothing wanted is undone, nothing is kept for nobody (seeds from ${first})`, () => {
    for (let seed = first; seed < first + PER_TEST; seed++) simulate(seed)
  })

test('a seed always makes the same run', () => {
  expect(simulate(7).trace).toEqual(simulate(7).trace)
})
