/** The values that a worker holds, each as it travels. Nothing in here decodes. */
import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import { COLLECTED, type ValueMemory } from './memory.js'

/** Where the values of a worker are. `get` sees those in memory; `load` also what had to leave it. */
export interface ValueStore {
  /** The store holds the value from now on; one that had the key before is let go. */
  put(key: Key, value: Encoded): void
  /** The value if it is in memory. Whoever uses it beyond this turn retains its memory. */
  get(key: Key): Encoded | undefined
  /** The value wherever it is; undefined when it is not here, or could not be read. */
  load(key: Key): Promise<Encoded | undefined>
  has(key: Key): boolean
  /** @returns whether it was here. */
  delete(key: Key): boolean
  keys(): IterableIterator<Key>
  readonly size: number
  /** Sum of the sizes in memory, in bytes. */
  readonly memoryBytes: number
  /** Sum of the sizes on disk, in bytes. */
  readonly spilledBytes: number
  clear(): void
}

/** All values in memory. */
export class MemoryStore implements ValueStore {
  readonly #values = new Map<Key, Encoded>()
  readonly #memory: ValueMemory
  #bytes = 0

  constructor(memory: ValueMemory = COLLECTED) {
    this.#memory = memory
  }

  put(key: Key, value: Encoded): void {
    this.#memory.retain(value)
    this.delete(key)
    this.#values.set(key, value)
    this.#bytes += value.size
  }

  get(key: Key): Encoded | undefined {
    return this.#values.get(key)
  }

  load(key: Key): Promise<Encoded | undefined> {
    return Promise.resolve(this.#values.get(key))
  }

  has(key: Key): boolean {
    return this.#values.has(key)
  }

  delete(key: Key): boolean {
    const value = this.#values.get(key)
    if (value === undefined) return false
    this.#values.delete(key)
    this.#bytes -= value.size
    this.#memory.release(value)
    return true
  }

  keys(): IterableIterator<Key> {
    return this.#values.keys()
  }

  get size(): number {
    return this.#values.size
  }

  get memoryBytes(): number {
    return this.#bytes
  }

  get spilledBytes(): number {
    return 0
  }

  clear(): void {
    for (const key of [...this.#values.keys()]) this.delete(key)
  }
}
