/** A large map is one record: an item gets a task of its own when it starts, or when somebody names it (evidence D6). */
import type { MapSpec } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import type { ClientRecord } from './client-record.js'
import type { MapItems } from './map-items.js'
import { MapRecord } from './map-record.js'
import { addTask, addWant, disuseCode, type State, setState, useCode } from './state.js'
import type { Recipe, Task } from './task.js'

/** Smaller maps get their tasks at once. */
const SMALLEST = 64

/** Worth a record of its own: its items are roots and wait in the queue. */
export function isLarge(s: State, length: number): boolean {
  return length >= SMALLEST && s.settings.workerSaturation !== Number.POSITIVE_INFINITY
}

/** Places for the tasks of these maps, which are not large or need inputs, as far as none of their keys is known. */
export function openItems(s: State, maps: readonly MapSpec[]): MapItems[] {
  const lengths = new Map<string, number>()
  for (const { prefix, start = 0, length } of maps)
    lengths.set(prefix, Math.max(start + length, lengths.get(prefix) ?? 0))
  return [...lengths].flatMap(([prefix, length]) =>
    length < SMALLEST ? [] : (s.tasks.openItems(prefix, length) ?? []),
  )
}

export function registerMap(s: State, prefix: string, recipe: Recipe, length: number, client: ClientRecord): void {
  const map = new MapRecord(prefix, recipe, length, client, s.arrivals++)
  recipe.group.size += length
  useCode(s, recipe.group.prefix, length)
  s.tasks.addMap(map)
  s.queue.addMap(map)
  s.counts.queued += length
  client.load += recipe.argBytes * length
}

/** The task of an item that had none: queued, and wanted by the map's client. */
export function makeItem(s: State, map: MapRecord, index: number): Task {
  const task = addTask(s, map.keyOf(index), map.recipe, index, index)
  leave(s, map, index)
  addWant(task, map.client)
  setState(s, task, 'queued')
  if (s.settings.validate) s.touched.add(task)
  return task
}

function leave(s: State, map: MapRecord, index: number): void {
  map.take(index)
  s.counts.queued--
  map.recipe.group.prefix.users--
  map.client.load -= map.recipe.argBytes
  if (map.left === 0) closeMap(s, map, 0)
}

/** Those of its items that had no task, so many, are of no interest any more. */
function closeMap(s: State, map: MapRecord, left: number): void {
  s.queue.removeMap(map)
  s.counts.queued -= left
  map.client.load -= map.recipe.argBytes * left
  disuseCode(s, map.recipe.group.prefix, left)
  s.tasks.dropIfOver(map)
}

/** What is known by that key; an item of a map gets its task now. */
export function findTask(s: State, key: Key): Task | undefined {
  const task = s.tasks.get(key)
  if (task !== undefined) return task
  const item = s.tasks.itemOf(key)
  if (item === undefined) return undefined
  const made = makeItem(s, item.map, item.index)
  s.queue.push(made)
  return made
}

/** Its client lets the item go before it had a task: true if that was so. */
export function releaseItem(s: State, client: ClientRecord, key: Key): boolean {
  const item = s.tasks.itemOf(key)
  if (item?.map.client !== client) return false
  leave(s, item.map, item.index)
  return true
}

/** The client is gone. */
export function dropMaps(s: State, client: ClientRecord): void {
  for (const map of s.tasks.openMaps()) {
    const { left } = map
    if (map.client !== client) continue
    map.takeAll()
    closeMap(s, map, left)
  }
}

/** Whether that key would be an item of a map of this prefix. */
export function isItem(prefix: string, key: Key): boolean {
  return key.startsWith(`${prefix}-`) && /^\d+$/.test(key.slice(prefix.length + 1))
}
