/** The scheduler's tables of tasks, against the Maps and Sets that they stand for. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClientRecord } from '../../src/scheduler/core/client-record.js'
import { MapRecord } from '../../src/scheduler/core/map-record.js'
import { isItem } from '../../src/scheduler/core/maps.js'
import { Held } from '../../src/scheduler/core/roster.js'
import { type Recipe, Task } from '../../src/scheduler/core/task.js'
import { TaskTable } from '../../src/scheduler/core/task-table.js'
import { BigMap } from '../../src/util/big-map.js'

const OWNER = {} as ClientRecord
const LENGTH = 3000

/** Of the map `m`, of the map `m-1`, or of neither, though they look like it. */
const key = fc.oneof(
  fc.nat(LENGTH + 5).map((i) => `m-${i}`),
  fc.nat(LENGTH + 5).map((i) => `m-1-${i}`),
  fc.constantFrom('m', 'm-', 'm-01', 'm--1', 'm-1', 'm-1-', 'm-1x', '-1', '', 'm-1-2-3', 'm-1e1', 'm- 1', 'x-1'),
)
const deed = fc.tuple(key, fc.boolean())

function taskOf(name: string): Task {
  return new Task(name, undefined, 0, 0, 0)
}

function mapOf(prefix: string): MapRecord {
  return new MapRecord(prefix, {} as Recipe, LENGTH, OWNER, 0)
}

test('a table of tasks is a Map, also where large maps are in it', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 200 }), (deeds) => {
      const table = new TaskTable()
      const plain = new Map<string, Task>()
      table.addMap(mapOf('m'))
      table.openItems('m-1', LENGTH)
      for (const [name, isAdded] of deeds) {
        if (isAdded) {
          const task = taskOf(name)
          table.set(name, task)
          plain.set(name, task)
        } else {
          table.delete(name)
          plain.delete(name)
        }
        expect(table.size).toBe(plain.size)
      }
      for (const [name] of deeds) expect(table.get(name)).toBe(plain.get(name))
      expect(new Set(table.values())).toEqual(new Set(plain.values()))
      for (const prefix of ['x', 'm-1-2', 'm-'])
        expect(table.isTaken(prefix)).toBe(Array.from(plain.keys()).some((name) => isItem(prefix, name)))
    }),
  )
})

test('an item has no task until it is taken, and a map is forgotten with the last of its tasks', () => {
  const table = new TaskTable()
  const map = mapOf('m')
  table.addMap(map)
  expect(table.itemOf('m-7')).toEqual({ map, index: 7 })
  expect(table.itemOf('m-07')).toBeUndefined()
  expect(table.itemOf(`m-${LENGTH}`)).toBeUndefined()
  table.set('m-7', taskOf('m-7'))
  map.take(7)
  expect(table.itemOf('m-7')).toBeUndefined()
  map.takeAll()
  table.dropIfOver(map)
  expect([...table.openMaps()]).toEqual([])
  expect(table.isTaken('m')).toBe(true)
  table.delete('m-7')
  expect(table.isTaken('m')).toBe(false)
})

test('a prefix is taken while anything has a key as an item of such a map has it', () => {
  const table = new TaskTable()
  table.set('m-5', taskOf('m-5'))
  expect(table.openItems('m', LENGTH)).toBeUndefined()
  table.delete('m-5')
  const items = table.openItems('m', 10)
  expect(items).toBeDefined()
  expect(table.openItems('m', 10)).toBeUndefined()
  table.set('m-5', taskOf('m-5'))
  table.set('m-10', taskOf('m-10'))
  table.delete('m-5')
  expect(table.openItems('m', 10)).toBeUndefined()
  table.delete('m-10')
  expect(table.openItems('m', 10)).toBeDefined()
})

test('a map of very many entries is a Map', () => {
  const names = Array.from({ length: 40_000 }, (_, i) => `name-${i}`)
  const big = new BigMap<number>()
  names.forEach((name, i) => {
    big.set(name, i)
  })
  names.forEach((name, i) => {
    if (i % 3 === 0) expect(big.delete(name)).toBe(true)
  })
  expect(big.delete('name-0')).toBe(false)
  const left = names.flatMap((_, i) => (i % 3 === 0 ? [] : [i]))
  expect(big.size).toBe(left.length)
  expect([...big.values()].sort((a, b) => a - b)).toEqual(left)
  expect(names.filter((name, i) => big.get(name) !== (i % 3 === 0 ? undefined : i))).toEqual([])
  expect(names.filter((name) => big.has(name))).toHaveLength(left.length)
  big.clear()
  expect(big.size).toBe(0)
})

test('a roster is a Set, for tasks with one owner and with several', () => {
  const places = fc.array(fc.tuple(fc.nat(1), fc.nat(20), fc.boolean()), { maxLength: 200 })
  fc.assert(
    fc.property(places, (deeds) => {
      const tasks = Array.from({ length: 21 }, (_, i) => taskOf(`t${i}`))
      const rosters = [new Held(), new Held()] as const
      const plain = [new Set<Task>(), new Set<Task>()] as const
      for (const [owner, number, isAdded] of deeds) {
        const task = tasks[number] as Task
        const has = plain[owner as 0 | 1].has(task)
        if (isAdded && !has) {
          rosters[owner as 0 | 1].add(task, !plain[0].has(task) && !plain[1].has(task))
          plain[owner as 0 | 1].add(task)
        }
        if (!isAdded && has) {
          rosters[owner as 0 | 1].delete(task)
          plain[owner as 0 | 1].delete(task)
        }
      }
      for (const owner of [0, 1] as const) {
        expect(rosters[owner].size).toBe(plain[owner].size)
        expect(new Set(rosters[owner])).toEqual(plain[owner])
        for (const task of tasks) expect(rosters[owner].has(task)).toBe(plain[owner].has(task))
        for (const task of rosters[owner].drain()) rosters[owner].delete(task)
        expect(rosters[owner].size).toBe(0)
      }
    }),
  )
})
