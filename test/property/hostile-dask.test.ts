import { beforeAll, expect, test } from 'vitest'
import { learnFamily } from '../../src/dask/wire/serialized.js'
import { importArrow } from '../../src/values/arrow-module.js'
import { hostile, KINDS, randomFrom, survive } from './hostile-dask.js'

/** As many of each kind as HEDDLE_FUZZ says; `scripts/fuzz-dask.ts` tries a million and looks at time and memory. */
const RUNS = Number(process.env.HEDDLE_FUZZ ?? 1000)

beforeAll(async () => {
  learnFamily()
  await importArrow()
})

test.each(KINDS)('$name that were changed on the way are a value or one error', (kind) => {
  for (let seed = 0; seed < RUNS; seed++) {
    const frames = hostile(kind, randomFrom(seed))
    try {
      survive(kind, frames)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})

test.each(KINDS)('$name that were not changed are values', (kind) => {
  for (const frames of kind.good) expect(survive(kind, frames)?.message ?? '').toMatch(/^$|zstd/)
})
