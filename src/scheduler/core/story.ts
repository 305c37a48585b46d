/** How tasks came into their states: the last transitions of all of them, in a ring of columns. */
import type { Key } from '../../protocol/names.js'
import { TASK_STATES, type TaskState } from './task.js'

export interface StoryEntry {
  readonly key: Key
  readonly start: TaskState
  readonly finish: TaskState
  /** What happened, and from whom: `task-finished`, `worker-left tcp://…`. */
  readonly cause: string
  readonly stimulus: string
  /** Milliseconds, as events carry it. */
  readonly time: number
}

/** What is happening, as the story tells it. */
export interface Cause {
  readonly what: string
  readonly who: string
  readonly stimulus: number
  readonly time: number
}

const CODES = Object.fromEntries(TASK_STATES.map((state, i) => [state, i])) as Record<TaskState, number>

/** Overwrites its oldest entries; columns, because an object for each transition would double the core's garbage. */
export class Story {
  readonly #keys: Key[] = []
  readonly #edges: Uint8Array
  readonly #causes: Cause[] = []
  #count = 0

  constructor(
    readonly capacity: number,
    readonly epoch: number,
  ) {
    this.#edges = new Uint8Array(capacity)
  }

  add(key: Key, start: TaskState, finish: TaskState, cause: Cause): void {
    if (this.capacity === 0) return
    const at = this.#count++ % this.capacity
    this.#keys[at] = key
    this.#edges[at] = CODES[start] * 16 + CODES[finish]
    this.#causes[at] = cause
  }

  /** Of one key, oldest first. */
  of(key: Key): StoryEntry[] {
    const found: StoryEntry[] = []
    for (let n = Math.max(0, this.#count - this.capacity); n < this.#count; n++)
      if (this.#keys[n % this.capacity] === key) found.push(this.#entry(n % this.capacity))
    return found
  }

  #entry(at: number): StoryEntry {
    const { what, who, stimulus, time } = this.#causes[at] as Cause
    const edge = this.#edges[at] as number
    return {
      key: this.#keys[at] as Key,
      start: TASK_STATES[edge >> 4] as TaskState,
      finish: TASK_STATES[edge & 15] as TaskState,
      cause: who === '' ? what : `${what} ${who}`,
      stimulus: `${this.epoch}-${stimulus}`,
      time,
    }
  }
}
