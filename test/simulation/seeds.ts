import { test } from 'vitest'
import { simulate } from '../../src/simulation/simulate.js'

const PER_TEST = 100

/** One test for each hundred seeds, so that none takes long. */
export function testSeeds(from: number, count: number): void {
  for (let first = from; first < from + count; first += PER_TEST)
    test(`after faults and healing all sides agree, nothing wanted is undone, nothing is kept for nobody (seeds from ${first})`, () => {
      for (let seed = first; seed < first + PER_TEST; seed++) simulate({ seed })
    }, 120_000)
}
