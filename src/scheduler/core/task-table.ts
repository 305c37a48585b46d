/**
 * All tasks by key. Those of a large map are found by what comes before their index, and by that: a million entries in a
 * `Map` would be dear to make, and a standstill whenever it doubles.
 */
import type { Key } from '../../protocol/names.js'
import type { MapRecord } from './map-record.js'
import type { Task } from './task.js'

const ZERO = 48

export class TaskTable {
  readonly #single = new Map<Key, Task>()
  readonly #maps = new Map<string, MapRecord>()
  /** What was asked for last. */
  #map: MapRecord | undefined
  #index = -1

  get size(): number {
    let size = this.#single.size
    for (const map of this.#maps.values()) size += map.size
    return size
  }

  get(key: Key): Task | undefined {
    return this.#seek(key) ? (this.#map as MapRecord).get(this.#index) : this.#single.get(key)
  }

  set(key: Key, task: Task): void {
    if (this.#seek(key)) (this.#map as MapRecord).set(this.#index, task)
    else this.#single.set(key, task)
  }

  delete(key: Key): void {
    if (!this.#seek(key)) return void this.#single.delete(key)
    const map = this.#map as MapRecord
    map.set(this.#index, undefined)
    this.dropIfOver(map)
  }

  /** No known key may look like one of its items'. */
  addMap(map: MapRecord): void {
    this.#maps.set(map.prefix, map)
  }

  /** That map, while any of its items is known. */
  map(prefix: string): MapRecord | undefined {
    return this.#maps.get(prefix)
  }

  /** Those with items that have had no task. */
  *openMaps(): Generator<MapRecord> {
    for (const map of this.#maps.values()) if (map.left > 0) yield map
  }

  dropIfOver(map: MapRecord): void {
    if (!map.isOver) return
    this.#maps.delete(map.prefix)
    if (this.#map === map) this.#map = undefined
  }

  /** The item with that key, if it has had no task yet. */
  itemOf(key: Key): { map: MapRecord; index: number } | undefined {
    if (!this.#seek(key)) return undefined
    const [map, index] = [this.#map as MapRecord, this.#index]
    return map.has(index) ? { map, index } : undefined
  }

  *values(): Generator<Task> {
    yield* this.#single.values()
    for (const map of this.#maps.values()) yield* map.tasks()
  }

  /** Keys that are no map's. */
  singleKeys(): IterableIterator<Key> {
    return this.#single.keys()
  }

  clear(): void {
    this.#single.clear()
    this.#maps.clear()
    this.#map = undefined
  }

  /** Whether it is a map's; then `#map` and `#index` say which. Mostly it is the same map as before. */
  #seek(key: Key): boolean {
    if (this.#maps.size === 0) return false
    const last = this.#map
    if (last !== undefined && key.startsWith(last.dash) && this.#isIn(last, key, last.dash.length)) return true
    const cut = key.lastIndexOf('-')
    const map = cut < 0 ? undefined : this.#maps.get(key.slice(0, cut))
    if (map === undefined || map === last || !this.#isIn(map, key, cut + 1)) return false
    this.#map = map
    return true
  }

  #isIn(map: MapRecord, key: Key, from: number): boolean {
    this.#index = indexIn(key, from)
    return this.#index >= 0 && this.#index < map.length
  }
}

/** The number that the key ends with, as it is written by us; -1: it does not. */
function indexIn(key: Key, from: number): number {
  const { length } = key
  if (from === length || (key.charCodeAt(from) === ZERO && length > from + 1)) return -1
  let index = 0
  for (let i = from; i < length; i++) {
    const digit = key.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return -1
    index = 10 * index + digit
  }
  return index
}
