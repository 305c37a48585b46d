/** How tasks came into their states: the last transitions of all of them, in a ring of columns. */
import type { Key } from '../../protocol/names.js'
import type { StoryEntry as Told } from '../../protocol/requests.js'
import { TASK_STATES, type TaskState } from './task.js'

/** As it is told; here each has its stimulus. */
export type StoryEntry = Required<Told>

/** What is happening, as the story tells it. One object for all events. */
export interface Cause {
  what: string
  who: string
  stimulus: number
  time: number
}

const CODES = Object.fromEntries(TASK_STATES.map((state, i) => [state, i])) as Record<TaskState, number>

/** Overwrites its oldest entries; columns, because an object for each transition would double the core's garbage. */
export class Story {
  readonly #keys: Key[] = []
  readonly #whats: string[] = []
  readonly #whos: string[] = []
  readonly #edges: Uint8Array
  readonly #stimuli: Float64Array
  readonly #times: Float64Array
  #next = 0

  constructor(
    readonly capacity: number,
    readonly epoch: number,
  ) {
    this.#edges = new Uint8Array(capacity)
    this.#stimuli = new Float64Array(capacity)
    this.#times = new Float64Array(capacity)
  }

  add(key: Key, start: TaskState, finish: TaskState, { what, who, stimulus, time }: Cause): void {
    if (this.capacity === 0) return
    const at = this.#next
    this.#next = at + 1 === this.capacity ? 0 : at + 1
    this.#keys[at] = key
    this.#whats[at] = what
    this.#whos[at] = who
    this.#edges[at] = CODES[start] * 16 + CODES[finish]
    this.#stimuli[at] = stimulus
    this.#times[at] = time
  }

  /** Of one key, oldest first. */
  of(key: Key): StoryEntry[] {
    const found: StoryEntry[] = []
    const { length } = this.#keys
    const oldest = length < this.capacity ? 0 : this.#next
    for (let i = 0; i < length; i++) {
      const at = (oldest + i) % length
      if (this.#keys[at] === key) found.push(this.#entry(at))
    }
    return found
  }

  #entry(at: number): StoryEntry {
    const what = this.#whats[at] as string
    const who = this.#whos[at] as string
    const edge = this.#edges[at] as number
    return {
      key: this.#keys[at] as Key,
      start: TASK_STATES[edge >> 4] as TaskState,
      finish: TASK_STATES[edge & 15] as TaskState,
      cause: who === '' ? what : `${what} ${who}`,
      stimulus: `${this.epoch}-${this.#stimuli[at]}`,
      time: this.#times[at] as number,
    }
  }
}
