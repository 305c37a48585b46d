/** Inputs of tasks that have to be read from disk first: not more at once than memory has room for. */
import type { Key } from '../protocol/names.js'
import type { Encoded } from '../values/encoded.js'
import type { ValueMemory } from './store/memory.js'
import type { ValueStore } from './store/store.js'

/** The inputs of one task; undefined when one of them is lost. They are held for the length of the call. */
export type UseInputs = (inputs: ReadonlyMap<Key, Encoded> | undefined) => void

/** One task that waits for its inputs, or has them until it ends. */
export interface Loading {
  readonly keys: readonly Key[]
  readonly use: UseInputs
  readonly bytes: number
  ended: boolean
}

/** See above. Tasks get their inputs in the order in which they asked; the first gets its own however large they are. */
export class SpilledInputs {
  readonly #store: ValueStore
  readonly #memory: ValueMemory
  readonly #maxBytes: number
  readonly #held = new Set<Loading>()
  #waiting: Loading[] = []
  #heldBytes = 0

  constructor(store: ValueStore, memory: ValueMemory, maxBytes = Number.POSITIVE_INFINITY) {
    this.#store = store
    this.#memory = memory
    this.#maxBytes = maxBytes
  }

  /** `end` is to be called when the task has ended, whether it had its inputs or not. */
  begin(keys: readonly Key[], use: UseInputs): Loading {
    let bytes = 0
    for (const key of keys) if (this.#store.get(key) === undefined) bytes += this.#store.sizeOf(key)
    const loading = { keys, use, bytes, ended: false }
    this.#waiting.push(loading)
    this.#next()
    return loading
  }

  end(loading: Loading): void {
    loading.ended = true
    if (this.#held.delete(loading)) this.#heldBytes -= loading.bytes
    else this.#waiting = this.#waiting.filter((one) => one !== loading)
    this.#next()
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#held.size > 0 && this.#heldBytes + first.bytes > this.#maxBytes) return
      this.#waiting.shift()
      this.#held.add(first)
      this.#heldBytes += first.bytes
      void this.#load(first)
    }
  }

  async #load(loading: Loading): Promise<void> {
    const inputs = new Map<Key, Encoded>()
    for (const key of loading.keys) {
      const value = loading.ended ? undefined : await this.#store.load(key)
      if (value === undefined) break
      this.#memory.retain(value)
      inputs.set(key, value)
    }
    if (!loading.ended) loading.use(inputs.size === loading.keys.length ? inputs : undefined)
    for (const value of inputs.values()) this.#memory.release(value)
  }
}
