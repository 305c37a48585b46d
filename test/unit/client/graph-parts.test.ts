import { describe, expect, test } from 'vitest'
import { partsOf } from '../../../src/client/graph-parts.js'
import { MapBuilder } from '../../../src/client/map-builder.js'
import { ref } from '../../../src/client/ref.js'
import { ship } from '../../../src/code/identity.js'
import { pack } from '../../../src/protocol/codec.js'
import type { FromClient, MapSpec, TaskSpec } from '../../../src/protocol/messages.js'
import { whyNotFromClient } from '../../../src/protocol/validate-messages.js'
import { encode } from '../../../src/values/encode.js'

type Graph = FromClient['update-graph'] & { op: 'update-graph' }

const CODE = ship((x: number) => x)
const RECIPE = '0'.repeat(32)

/** As many messages as are said, each of which could be read within some milliseconds. */
function split(graph: Graph): Graph[] {
  const parts = partsOf(graph)
  for (const part of parts) {
    const [head, ...buffers] = pack(part)
    expect(head?.byteLength).toBeLessThan(2 * 2 ** 20)
    expect(buffers.length).toBeLessThan(2000)
    expect(whyNotFromClient(part)).toBeUndefined()
  }
  expect(parts.map(({ more = false }) => more)).toEqual(parts.map((_, i) => i < parts.length - 1))
  return parts
}

function taskSpec(i: number): TaskSpec {
  const deps = i === 0 ? [] : [`task-${i - 1}`]
  return { key: `task-${i}`, function: CODE.ref, args: encode([i]), deps, recipe: RECIPE }
}

function mapSpec(rows: readonly (readonly unknown[])[], shared: readonly string[] = []): MapSpec {
  const builder = new MapBuilder(CODE, shared)
  for (const row of rows) builder.add(row)
  return { ...builder.finish(), prefix: 'm', recipe: RECIPE }
}

/** What each item of a map says, however many parts that comes in. */
function itemsOf(parts: readonly MapSpec[]): string {
  const items = parts.flatMap(({ start = 0, length, args, offsets, deps, buffers }) => {
    const at = new Uint32Array(offsets.slice().buffer)
    return Array.from({ length }, (_, i) => [
      `m-${start + i}`,
      Buffer.from(args.subarray(at[i], at[i + 1])).toString('hex'),
      deps.get(i) ?? [],
      (buffers.get(i) ?? []).map((buffer) => buffer.byteLength),
    ])
  })
  return JSON.stringify(items)
}

const graphOf = (more: Partial<Graph>): Graph => ({ op: 'update-graph', tasks: [], keys: [], ...more })

describe('a graph', () => {
  test('that is small travels as it is', () => {
    const graph = graphOf({ tasks: [taskSpec(0)], keys: ['task-0'] })
    expect(split(graph)).toEqual([graph])
  })

  test('of very many tasks travels in parts, its code first and the keys that are wanted last', () => {
    const tasks = Array.from({ length: 20_000 }, (_, i) => taskSpec(i))
    const keys = tasks.map(({ key }) => key)
    const parts = split(graphOf({ tasks, keys, code: [CODE.artefact], options: { priority: 3 } }))
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.flatMap((part) => part.tasks.map(({ key }) => key)).join()).toBe(keys.join())
    expect(parts.flatMap((part) => part.keys).join()).toBe(keys.join())
    expect(parts.map(({ code = [] }) => code.length)).toEqual(parts.map((_, i) => (i === 0 ? 1 : 0)))
    expect(new Set(parts.map(({ options }) => options?.priority))).toEqual(new Set([3]))
    const begins = parts.findIndex((part) => part.keys.length > 0)
    expect(parts.slice(begins + 1).every((part) => part.tasks.length === 0)).toBe(true)
  })
})

describe('a map', () => {
  test('over very many futures travels in parts, and each item is as it was', () => {
    const whole = mapSpec(Array.from({ length: 60_000 }, (_, i) => [ref(`some-rather-long-name-of-a-key-${i}`), i]))
    const parts = split(graphOf({ maps: [whole] })).flatMap(({ maps = [] }) => maps)
    expect(parts.length).toBeGreaterThan(2)
    expect(itemsOf(parts)).toBe(itemsOf([whole]))
  })

  test('of very many large arrays travels in parts', () => {
    const array = new Float64Array(1024)
    const whole = mapSpec(Array.from({ length: 5000 }, () => [array]))
    const parts = split(graphOf({ maps: [whole] })).flatMap(({ maps = [] }) => maps)
    expect(itemsOf(parts)).toBe(itemsOf([whole]))
  })

  test('of a million numbers is one record', () => {
    const whole = mapSpec(Array.from({ length: 100_000 }, (_, i) => [i]))
    expect(split(graphOf({ maps: [whole] }))).toHaveLength(1)
  })
})
