/**
 * All tasks by key. Those of a large map are found by what comes before their index, and by that: a million entries in a
 * `Map` would be dear to make, and a standstill whenever it doubles.
 */
import type { Key } from '../../protocol/names.js'
import { BigMap } from '../../util/big-map.js'
import { itemIndex } from '../../util/item-index.js'
import { MapItems } from './map-items.js'
import { MapRecord } from './map-record.js'
import type { Task } from './task.js'

export class TaskTable {
  readonly #single = new BigMap<Task>()
  /** How many of those have keys that look like those of a map's items, by what the map's keys would begin with. */
  readonly #numbered = new Map<string, number>()
  readonly #maps = new Map<string, MapItems>()
  /** What was asked for last. */
  #map: MapItems | undefined
  #index = -1

  get size(): number {
    let size = this.#single.size
    for (const map of this.#maps.values()) size += map.size
    return size
  }

  get(key: Key): Task | undefined {
    return this.#seek(key) ? (this.#map as MapItems).get(this.#index) : this.#single.get(key)
  }

  set(key: Key, task: Task): void {
    if (this.#seek(key)) (this.#map as MapItems).set(this.#index, task)
    else {
      if (!this.#single.has(key)) this.#count(key, 1)
      this.#single.set(key, task)
    }
  }

  delete(key: Key): void {
    if (!this.#seek(key)) {
      if (this.#single.delete(key)) this.#count(key, -1)
      return
    }
    const map = this.#map as MapItems
    map.set(this.#index, undefined)
    this.dropIfOver(map)
  }

  /** That prefix must not be taken. */
  addMap(map: MapRecord): void {
    this.#maps.set(map.prefix, map)
  }

  /** A place for the tasks of a map, unless the prefix is taken. To be dropped when it is over. */
  openItems(prefix: string, length: number): MapItems | undefined {
    if (this.isTaken(prefix)) return undefined
    const items = new MapItems(prefix, length)
    this.#maps.set(prefix, items)
    return items
  }

  /** Something is known by a key that an item of a map of that prefix could have. */
  isTaken(prefix: string): boolean {
    return this.#maps.has(prefix) || this.#numbered.has(prefix)
  }

  /** Those with items that have had no task. */
  *openMaps(): Generator<MapRecord> {
    for (const map of this.#maps.values()) if (map instanceof MapRecord && map.left > 0) yield map
  }

  dropIfOver(map: MapItems): void {
    if (!map.isOver || this.#maps.get(map.prefix) !== map) return
    this.#maps.delete(map.prefix)
    if (this.#map === map) this.#map = undefined
  }

  /** The item with that key, if it has had no task yet. */
  itemOf(key: Key): { map: MapRecord; index: number } | undefined {
    if (!this.#seek(key)) return undefined
    const map = this.#map
    return map instanceof MapRecord && map.has(this.#index) ? { map, index: this.#index } : undefined
  }

  *values(): Generator<Task> {
    yield* this.#single.values()
    for (const map of this.#maps.values()) yield* map.tasks()
  }

  clear(): void {
    this.#single.clear()
    this.#numbered.clear()
    this.#maps.clear()
    this.#map = undefined
  }

  #count(key: Key, change: 1 | -1): void {
    const cut = key.lastIndexOf('-')
    if (cut < 0 || itemIndex(key, cut + 1) < 0) return
    const prefix = key.slice(0, cut)
    const count = (this.#numbered.get(prefix) ?? 0) + change
    if (count === 0) this.#numbered.delete(prefix)
    else this.#numbered.set(prefix, count)
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

  #isIn(map: MapItems, key: Key, from: number): boolean {
    this.#index = itemIndex(key, from)
    return this.#index >= 0 && this.#index < map.length
  }
}
