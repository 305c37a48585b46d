/** Values that somebody puts on this worker or takes from it: `worker.data`, `update_data`, `delete_data`. */
import type { Key } from '../protocol/names.js'
import type { Encoded } from '../values/encoded.js'
import { hashOf } from '../values/hash.js'
import type { Push } from './shell.js'
import type { ValueStore } from './store/store.js'

/** Larger values are hashed when the worker registers again, not when they are put. */
const HASHED_MAX = 1024 * 1024

/** See above. Everything that changes is reported to the center. */
export class LocalData {
  readonly #store: ValueStore
  /** Undefined until the worker starts: until then values go right into the store. */
  #push: Push | undefined
  #isHashWanted: () => boolean = () => false

  constructor(store: ValueStore) {
    this.#store = store
  }

  /** From now on the core hears of everything. `isHashWanted`: a center compares hashes when workers return to it. */
  connect(push: Push, isHashWanted: () => boolean): void {
    this.#push = push
    this.#isHashWanted = isHashWanted
    const held = new Map<Key, number>()
    for (const key of this.#store.keys()) held.set(key, this.#store.get(key)?.nbytes ?? 0)
    if (held.size > 0) push({ type: 'put', keys: held, report: false })
  }

  /** What has been put is what holds from now on: copies elsewhere are void. */
  put(values: ReadonlyMap<Key, Encoded>, report: boolean): void {
    const push = this.#push
    if (push === undefined) {
      for (const [key, value] of values) this.#store.put(key, value)
      return
    }
    const keys = new Map<Key, number>()
    for (const [key, value] of values) keys.set(key, value.nbytes)
    const hashes = report && this.#isHashWanted() ? hashesOf(values) : undefined
    push(hashes === undefined ? { type: 'put', keys, report } : { type: 'put', keys, hashes, report }, values)
  }

  drop(keys: readonly Key[], report: boolean): void {
    if (this.#push !== undefined) this.#push({ type: 'delete', keys: [...keys], report })
    else for (const key of keys) this.#store.delete(key)
  }
}

function hashesOf(values: ReadonlyMap<Key, Encoded>): Map<Key, string> {
  const hashes = new Map<Key, string>()
  for (const [key, value] of values) if (value.size <= HASHED_MAX) hashes.set(key, hashOf(value))
  return hashes
}
