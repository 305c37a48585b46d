import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBytes, parseBytes } from '../../../src/config/bytes.js'
import { isLoopbackHost, requireLoopback } from '../../../src/config/loopback.js'
import {
  checkCount,
  defaultWorkers,
  machineMemory,
  memoryLimitBytes,
  shareThreads,
} from '../../../src/config/shares.js'

describe('sizes', () => {
  test.each([
    ['4GB', 4e9],
    ['4 GiB', 4 * 2 ** 30],
    ['1.5mb', 1.5e6],
    ['10e9', 10e9],
    [1024, 1024],
    ['7', 7],
  ])('%s is %d bytes', (text, bytes) => expect(parseBytes('memoryLimit', text)).toBe(bytes))

  test.each(['', 'GB', '4 XB', '-1', '1..2GB', 'NaN', '1e400'])("'%s' is refused by the name of its option", (text) => {
    expect(() => parseBytes('memoryLimit', text)).toThrow(/^memoryLimit: '.*' is not a size/)
  })

  test('are short for people', () => {
    expect([12, 3_940_000_000, 52_000_000, 1500].map(formatBytes)).toEqual(['12 B', '3.9 GB', '52 MB', '1.5 kB'])
  })
})

describe('the shares of a machine', () => {
  test('one worker process is started for each 8 cores', () => {
    expect([1, 2, 8, 9, 16, 17].map(defaultWorkers)).toEqual([1, 1, 1, 2, 2, 3])
  })

  test('all cores are given out, as equally as can be, and nobody goes without', () => {
    const counts = fc.integer({ min: 1, max: 200 })
    fc.assert(
      fc.property(counts, counts, (cores, workers) => {
        const shares = shareThreads(cores, workers)
        expect(shares).toHaveLength(workers)
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        if (cores >= workers) expect(shares.reduce((a, b) => a + b, 0)).toBe(cores)
      }),
    )
  })

  test('memory is shared equally unless a limit is given', () => {
    expect(memoryLimitBytes(undefined, 2)).toBe(Math.floor(machineMemory() / 2))
    expect(memoryLimitBytes('0.5', 3)).toBe(Math.floor(machineMemory() / 2))
    expect(memoryLimitBytes('2GB', 3)).toBe(2e9)
    expect(memoryLimitBytes('none', 1)).toBeUndefined()
    expect(memoryLimitBytes(0, 1)).toBeUndefined()
    expect(() => memoryLimitBytes('much', 1)).toThrow('memoryLimit')
  })

  test('a count is whole and large enough', () => {
    checkCount('nthreads', 1, 1)
    for (const bad of [0, 1.5, Number.NaN, -1]) expect(() => checkCount('nthreads', bad, 1)).toThrow(/^nthreads: /)
  })
})

describe('listening beyond this machine', () => {
  test('is refused unless it is asked for twice', () => {
    expect(() => requireLoopback('0.0.0.0', false)).toThrow(/^host: 0\.0\.0\.0 can be reached .* --insecure/)
    expect(() => requireLoopback('10.0.0.1', undefined)).toThrow('host')
    requireLoopback('0.0.0.0', true)
  })

  test.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1', '[::1]'])('%s stays on this machine', (host) => {
    requireLoopback(host, false)
    expect(isLoopbackHost(host)).toBe(true)
  })
})
