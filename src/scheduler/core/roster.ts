/**
 * The tasks of one owner: those that a worker holds, or that a client wants. A task knows its owners, so this is only
 * counted and walked, and a Set would be too dear for a million tasks: three times the memory, and a standstill whenever it
 * doubles. A task remembers its place with its first owner; with further owners, which are rare, it is in a Set.
 */
import type { Task } from './task.js'

abstract class Roster {
  readonly #list: Task[] = []
  readonly #others = new Set<Task>()

  protected abstract placeOf(task: Task): number
  protected abstract setPlace(task: Task, place: number): void

  get size(): number {
    return this.#list.length + this.#others.size
  }

  /** `isFirst`: it has no other owner. */
  add(task: Task, isFirst: boolean): void {
    if (!isFirst) return void this.#others.add(task)
    this.setPlace(task, this.#list.length)
    this.#list.push(task)
  }

  has(task: Task): boolean {
    return this.#list[this.placeOf(task)] === task || this.#others.has(task)
  }

  /** The last one takes its place. */
  delete(task: Task): void {
    const place = this.placeOf(task)
    if (this.#list[place] !== task) return void this.#others.delete(task)
    const last = this.#list.pop() as Task
    if (last === task) return
    this.#list[place] = last
    this.setPlace(last, place)
  }

  clear(): void {
    this.#list.length = 0
    this.#others.clear()
  }

  /** In no promised order; nothing may be deleted meanwhile. */
  *[Symbol.iterator](): Generator<Task> {
    yield* this.#list
    yield* this.#others
  }

  /** One after the other, each of which must be deleted before the next is asked for. */
  *drain(): Generator<Task> {
    for (let last = this.#list.at(-1); last !== undefined; last = this.#list.at(-1)) yield last
    yield* this.#others
  }
}

export class Held extends Roster {
  protected placeOf(task: Task): number {
    return task.heldAt
  }

  protected setPlace(task: Task, place: number): void {
    task.heldAt = place
  }
}

export class Wanted extends Roster {
  protected placeOf(task: Task): number {
    return task.wantedAt
  }

  protected setPlace(task: Task, place: number): void {
    task.wantedAt = place
  }
}
