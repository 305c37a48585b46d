import { SharedValue } from '../../values/tiny-values.js'
import type { Task } from './task.js'

/** The tasks whose small results are kept here and count (shared ones count for none), by the time they came. */
export class KeptValues {
  /** Also such as are kept no longer, which are skipped when their turn comes. */
  #tasks: Task[] = []
  #oldest = 0
  #size = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(task: Task, bytes: number): void {
    this.#tasks.push(task)
    this.#size++
    this.#bytes += bytes
  }

  /** One of that size is kept no longer. */
  drop(bytes: number): void {
    this.#size--
    this.#bytes -= bytes
    if (this.#tasks.length > 2 * this.#size + 1000) this.#compact()
  }

  /** The one that came first; from now on it is the last. */
  next(): Task | undefined {
    while (this.#oldest < this.#tasks.length) {
      const task = this.#tasks[this.#oldest++] as Task
      if (!isKept(task)) continue
      this.#tasks.push(task)
      return task
    }
    return undefined
  }

  clear(): void {
    this.#tasks = []
    this.#oldest = this.#size = this.#bytes = 0
  }

  #compact(): void {
    this.#tasks = [...new Set(this.#tasks.slice(this.#oldest).filter(isKept))]
    this.#oldest = 0
  }
}

function isKept({ inline }: Task): boolean {
  return inline !== undefined && !(inline instanceof SharedValue)
}
