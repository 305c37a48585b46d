import { inspect } from 'node:util'

/** A read-only Map that always shows the present: each read asks the source. Values are copies of that moment. */
export class LiveMap<K, V> implements ReadonlyMap<K, V> {
  readonly #get: (key: K) => V | undefined
  readonly #keys: () => Iterable<K>

  /** `keys` gives those that `get` has a value for. */
  constructor(get: (key: K) => V | undefined, keys: () => Iterable<K>) {
    this.#get = get
    this.#keys = keys
  }

  /** Counted anew each time. */
  get size(): number {
    let n = 0
    for (const _ of this.#keys()) n++
    return n
  }

  get(key: K): V | undefined {
    return this.#get(key)
  }

  has(key: K): boolean {
    return this.#get(key) !== undefined
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) callback.call(thisArg, value, key, this)
  }

  *entries(): MapIterator<[K, V]> {
    for (const key of this.#keys()) yield [key, this.#get(key) as V]
  }

  *keys(): MapIterator<K> {
    yield* this.#keys()
  }

  *values(): MapIterator<V> {
    for (const key of this.#keys()) yield this.#get(key) as V
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'LiveMap'
  }

  [inspect.custom](): Map<K, V> {
    return new Map(this)
  }
}
