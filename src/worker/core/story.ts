/** What happened to which key, the last entries of all: a ring, so that telling costs the same for ever. */
import type { Key } from '../../protocol/names.js'
import type { StoryEntry } from '../../protocol/requests.js'

/** A ring of parallel columns: nothing is allocated per entry. */
export class Story {
  readonly #capacity: number
  readonly #keys: Key[] = []
  readonly #start: string[] = []
  readonly #finish: string[] = []
  readonly #causes: string[] = []
  readonly #details: (string | number)[] = []
  readonly #times: number[] = []
  #written = 0

  constructor(capacity = 20_000) {
    this.#capacity = capacity
  }

  tell(key: Key, start: string, finish: string, cause: string, detail: string | number, time: number): void {
    const i = this.#written++ % this.#capacity
    this.#keys[i] = key
    this.#start[i] = start
    this.#finish[i] = finish
    this.#causes[i] = cause
    this.#details[i] = detail
    this.#times[i] = time
  }

  /** The entries of one key, oldest first. */
  of(key: Key): StoryEntry[] {
    const entries: StoryEntry[] = []
    for (let n = Math.max(0, this.#written - this.#capacity); n < this.#written; n++) {
      const i = n % this.#capacity
      if (this.#keys[i] === key) entries.push(this.#entry(i))
    }
    return entries
  }

  #entry(i: number): StoryEntry {
    const detail = this.#details[i]
    const cause = detail === '' ? this.#causes[i]! : `${this.#causes[i]} ${detail}`
    return { key: this.#keys[i]!, start: this.#start[i]!, finish: this.#finish[i]!, cause, time: this.#times[i]! }
  }
}
