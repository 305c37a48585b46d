import { HeddleError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { decode, prepareDecode } from '../values/decode.js'
import { encode } from '../values/encode.js'
import type { LocalData } from './local-data.js'
import type { ValueMemory } from './store/memory.js'
import type { ValueStore } from './store/store.js'

/**
 * The values that a worker holds, as a `Map` would give them; changes are reported to its center. Values are kept
 * encoded: `get` gives an equal value, each time a new one, and changing that changes nothing here.
 */
export class WorkerData {
  readonly #store: ValueStore
  readonly #memory: ValueMemory
  readonly #local: LocalData

  /** @internal Use `worker.data`. */
  constructor(store: ValueStore, memory: ValueMemory, local: LocalData) {
    this.#store = store
    this.#memory = memory
    this.#local = local
  }

  get size(): number {
    return this.#store.size
  }

  has(key: Key): boolean {
    return this.#store.has(key)
  }

  /**
   * The value, or undefined where there is none.
   * @throws HeddleError HEDDLE_ON_DISK for one that had to leave memory: `load` gives that.
   */
  get(key: Key): unknown {
    const value = this.#store.get(key)
    if (value !== undefined) return decode(value, { buffers: 'copy' })
    if (!this.#store.has(key)) return undefined
    throw new HeddleError('HEDDLE_ON_DISK', `the value of ${key} is on disk; get it with 'await worker.data.load(key)'`)
  }

  /** The value, wherever it is kept; undefined where there is none. */
  async load(key: Key): Promise<unknown> {
    const value = await this.#store.load(key)
    if (value === undefined) return undefined
    await prepareDecode(value)
    return decode(value, { buffers: 'copy' })
  }

  /**
   * Keeps a value under this key, in place of one that was there; copies of that elsewhere are void.
   * @throws CloneError for what cannot travel.
   */
  set(key: Key, value: unknown): this {
    const encoded = encode(value, { root: `the value of '${key}'`, memory: (nbytes) => this.#memory.allocate(nbytes) })
    this.#store.put(key, encoded)
    this.#local.put(new Map([[key, encoded]]), true)
    return this
  }

  /** Whether there was one. */
  delete(key: Key): boolean {
    const had = this.#store.has(key)
    if (had) this.#local.drop([key], true)
    this.#store.delete(key)
    return had
  }

  keys(): IterableIterator<Key> {
    return this.#store.keys()
  }

  /** Values in memory; see `get`. */
  *values(): IterableIterator<unknown> {
    for (const key of this.#store.keys()) yield this.get(key)
  }

  *entries(): IterableIterator<[Key, unknown]> {
    for (const key of this.#store.keys()) yield [key, this.get(key)]
  }

  [Symbol.iterator](): IterableIterator<[Key, unknown]> {
    return this.entries()
  }
}
