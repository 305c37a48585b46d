/** A large map while some of its items have no task of their own yet. */
import type { ClientRecord } from './client-record.js'
import type { Recipe, Task } from './task.js'

export class MapRecord {
  /** Items before this one have, or had, tasks of their own. */
  next = 0
  /** Items that have not. */
  left: number
  /** 1: has, or had, a task of its own. */
  readonly #made: Uint8Array

  /** What its keys begin with. */
  readonly #dash: string

  constructor(
    readonly prefix: string,
    readonly recipe: Recipe,
    readonly length: number,
    /** Holds a future of each item. */
    readonly client: ClientRecord,
    readonly arrival: number,
  ) {
    this.left = length
    this.#dash = `${prefix}-`
    this.#made = new Uint8Array(length)
  }

  keyOf(index: number): string {
    return this.#dash + index
  }

  has(index: number): boolean {
    return this.#made[index] === 0
  }

  take(index: number): void {
    this.#made[index] = 1
    this.left--
    while (this.next < this.length && this.#made[this.next] === 1) this.next++
  }

  /** Whole numbers of items that have no task. */
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
