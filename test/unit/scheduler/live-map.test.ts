import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { LiveMap } from '../../../src/scheduler/live-map.js'

const source = new Map([
  ['a', 1],
  ['b', 2],
])
const live = new LiveMap<string, number>(
  (key) => source.get(key),
  () => source.keys(),
)

test('a live Map reads like a Map, and shows what its source holds now', () => {
  expect([live.size, live.get('a'), live.has('c')]).toEqual([2, 1, false])
  expect([...live]).toEqual([...source])
  expect([...live.values()]).toEqual([1, 2])
  const seen: unknown[] = []
  live.forEach((value, key, map) => void seen.push([key, value, map === live]))
  expect(seen).toEqual([
    ['a', 1, true],
    ['b', 2, true],
  ])
  source.set('c', 3)
  expect([live.size, live.get('c')]).toEqual([3, 3])
  expect(inspect(live)).toBe(inspect(source))
})

test('a live Map cannot be written to', () => {
  expect('set' in live || 'delete' in live || 'clear' in live).toBe(false)
})
