import { describe, expect, test } from 'vitest'
import {
  parseCount,
  parseDashboardAddress,
  parseDuration,
  parsePort,
  parsePorts,
  parseResources,
} from '../../../src/cli/parse.js'

describe('the values of options', () => {
  test('a port is 0 to 65535', () => {
    expect(parsePort('0')).toBe(0)
    expect(parsePort('65535')).toBe(65535)
    for (const bad of ['65536', '-1', 'x', '', '80.5', '1e3']) expect(() => parsePort(bad)).toThrow('is not a port')
  })

  test('several workers take the ports of a range', () => {
    expect(parsePorts('9000:9002')).toEqual([9000, 9001, 9002])
    expect(parsePorts('8788')).toEqual([8788])
    for (const bad of ['9002:9000', '1:2:3', 'a:b']) expect(() => parsePorts(bad)).toThrow()
  })

  test("a dashboard's address may be only a port", () => {
    expect([':8787', '8787', '127.0.0.1:8787'].map(parseDashboardAddress)).toEqual([8787, 8787, 8787])
  })

  test('a count is whole and at least 1', () => {
    expect(parseCount('3')).toBe(3)
    for (const bad of ['0', '-2', '1.5', 'many', '']) expect(() => parseCount(bad)).toThrow('whole number')
  })

  test('resources are names with amounts, by spaces or commas', () => {
    expect(parseResources('gpu=2 mem=10e9')).toEqual({ gpu: 2, mem: 10e9 })
    expect(parseResources('gpu=2,mem=10GB')).toEqual({ gpu: 2, mem: 10e9 })
    for (const bad of ['gpu', 'gpu=', '=2', 'gpu=-1', 'gpu=lots']) expect(() => parseResources(bad)).toThrow()
  })

  test("a bare duration is seconds, as for Dask's commands", () => {
    expect(parseDuration('60')).toBe('60s')
    expect(parseDuration('5m')).toBe('5m')
    expect(() => parseDuration('soon')).toThrow('is not a duration')
  })
})
