import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'

/** One value in a thread. */
interface Live {
  readonly number: number
  readonly key: Key
  readonly encoded: Encoded
  /** Posted jobs that need it. */
  pins: number
  /** No further job gets it. */
  void: boolean
}

export interface LiveLimits {
  /** Bytes of the values that one thread keeps decoded beyond the jobs that need them. */
  readonly maxBytes: number
  readonly maxCount: number
}

/** What `LiveInputs` changes in the thread. */
export interface LiveChanges {
  put(number: number, encoded: Encoded): void
  drop(number: number, encoded: Encoded): void
}

/**
 * Main's account of the inputs that one thread holds decoded; least recently used ones go first. Main alone decides, so
 * it knows what need not be sent and which thread to prefer.
 */
export class LiveInputs {
  /** In order of use, the oldest first. */
  readonly #byKey = new Map<Key, Live>()
  readonly #limits: LiveLimits
  readonly #changes: LiveChanges
  #numbers = 0
  #bytes = 0

  constructor(limits: LiveLimits, changes: LiveChanges) {
    this.#limits = limits
    this.#changes = changes
  }

  /** How many bytes would have to be decoded for a job. */
  missingBytes(inputs: ReadonlyMap<Key, Encoded>): number {
    let missing = 0
    for (const [key, encoded] of inputs)
      if (this.#byKey.get(key)?.encoded !== encoded) missing += encoded.head.byteLength
    return missing
  }

  /** Brings a job's inputs there, for it `alone` or all; what is returned goes back in `release` when the job has ended. */
  take(inputs: ReadonlyMap<Key, Encoded>, alone = false): Live[] {
    const taken: Live[] = []
    for (const [key, encoded] of inputs) taken.push(alone ? this.#add(key, encoded) : this.#pin(key, encoded))
    this.#shrink()
    return taken
  }

  release(taken: readonly Live[]): void {
    for (const live of taken) {
      live.pins--
      if (live.void && live.pins === 0) this.#drop(live)
    }
    if (taken.length > 0) this.#shrink()
  }

  /** The keys mean something else, or nothing, from now on. */
  forget(keys: readonly Key[]): void {
    for (const key of keys) {
      const live = this.#byKey.get(key)
      if (live !== undefined) this.#discard(live)
    }
  }

  /** What nobody else holds any more is not worth keeping. */
  forgetUnowned(isOwned: (encoded: Encoded) => boolean): void {
    for (const live of [...this.#byKey.values()]) if (live.pins === 0 && !isOwned(live.encoded)) this.#discard(live)
  }

  /** The thread is gone with all of it. */
  forgetAll(): void {
    this.forget([...this.#byKey.keys()])
  }

  #pin(key: Key, encoded: Encoded): Live {
    let live = this.#byKey.get(key)
    if (live !== undefined && live.encoded !== encoded) {
      this.#discard(live)
      live = undefined
    }
    if (live === undefined) live = this.#add(key, encoded)
    else live.pins++
    live.void = false
    this.#byKey.delete(key)
    this.#byKey.set(key, live)
    return live
  }

  /** Pinned, and of use to nobody else so far. */
  #add(key: Key, encoded: Encoded): Live {
    const live = { number: this.#numbers++, key, encoded, pins: 1, void: true }
    this.#bytes += encoded.size
    this.#changes.put(live.number, encoded)
    return live
  }

  #discard(live: Live): void {
    this.#byKey.delete(live.key)
    live.void = true
    if (live.pins === 0) this.#drop(live)
  }

  #drop(live: Live): void {
    this.#bytes -= live.encoded.size
    this.#changes.drop(live.number, live.encoded)
  }

  #shrink(): void {
    const { maxBytes, maxCount } = this.#limits
    if (this.#bytes <= maxBytes && this.#byKey.size <= maxCount) return
    for (const live of this.#byKey.values()) {
      if (this.#bytes <= maxBytes && this.#byKey.size <= maxCount) return
      if (live.pins === 0) this.#discard(live)
    }
  }
}

export type { Live as LiveInput }
