/** A large map while some of its items have no task of their own yet, and the tasks of the others. */
import type { ClientRecord } from './client-record.js'
import { MapItems } from './map-items.js'
import type { Recipe, Task } from './task.js'

export class MapRecord extends MapItems {
  /** Items before this one have, or had, tasks of their own. */
  next = 0
  /** Items that have not. */
  left: number
  /** 1: has, or had, a task of its own. */
  readonly #made: Uint8Array

  constructor(
    prefix: string,
    readonly recipe: Recipe,
    length: number,
    /** Holds a future of each item. */
    readonly client: ClientRecord,
    readonly arrival: number,
  ) {
    super(prefix, length)
    this.left = length
    this.#made = new Uint8Array(length)
  }

  /** Nobody knows any of its items. */
  override get isOver(): boolean {
    return this.left === 0 && super.isOver
  }

  /** The item has had no task yet. */
  has(index: number): boolean {
    return this.#made[index] === 0
  }

  /** It has one from now on, or is let go. */
  take(index: number): void {
    this.#made[index] = 1
    this.left--
    while (this.next < this.length && this.#made[this.next] === 1) this.next++
  }

  /** All that have no task are let go. */
  takeAll(): void {
    this.#made.fill(1)
    this.left = 0
    this.next = this.length
  }

  /** Whole numbers of items that have had no task. */
  *rest(): Generator<number> {
    for (let i = this.next; i < this.length; i++) if (this.#made[i] === 0) yield i
  }
}

/** Which of two maps has the more urgent next item: negative if `a`. */
export function compareMaps(a: MapRecord, b: MapRecord): number {
  const [ga, gb] = [a.recipe.group, b.recipe.group]
  return ga.urgency - gb.urgency || ga.generation - gb.generation || a.next - b.next || a.arrival - b.arrival
}

/** The next item of `map` against a task: negative if the item comes first. */
export function compareItem(map: MapRecord, task: Task): number {
  const { urgency, generation } = map.recipe.group
  const other = task.recipe?.group
  if (other === undefined) return -1
  return urgency - other.urgency || generation - other.generation || map.next - task.order || map.arrival - task.arrival
}
