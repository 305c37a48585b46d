import { expect, test } from 'vitest'
import { checkThresholds } from '../../../src/config/memory-thresholds.js'

test('the defaults are those of Dask', () => {
  expect(checkThresholds({})).toEqual({ target: 0.6, spill: 0.7, pause: 0.8, terminate: 0.95, maxSpill: undefined })
})

test('each can be another share, or off', () => {
  const given = {
    memoryTarget: false,
    memorySpill: 0.2,
    memoryPause: false,
    memoryTerminate: 1,
    maxSpill: '2GB',
  } as const
  expect(checkThresholds(given)).toEqual({ target: false, spill: 0.2, pause: false, terminate: 1, maxSpill: 2e9 })
})

test.each([
  [{ memoryTarget: 2 }, 'memoryTarget: 2 is no share of the memory limit'],
  [{ memoryPause: 0 }, 'memoryPause: 0 is no share'],
  [{ memorySpill: '0.7' as never }, 'memorySpill: 0.7 is no share'],
  [{ memorySpill: 0.9 }, 'memoryPause: 0.8 lies below memorySpill (0.9), which has to come first'],
  [{ maxSpill: 'much' }, 'maxSpill'],
])('%j is refused', (options, text) => {
  expect(() => checkThresholds(options)).toThrow(text)
})
