import type { Key } from '../protocol/names.js'
import type { Batch } from './batch.js'
import { type Counter, type Hold, MapHold, MapLedger, OneHold, type Place, stateAt } from './holds.js'
import { KeyState } from './key-state.js'

/** What follows when the last future of a key is gone. */
export interface WantsEvents {
  /** The scheduler need not keep this for us. */
  onReleased(key: Key): void
  /** What was known of a released key. */
  onForgotten(state: KeyState): void
}

/**
 * The keys that this client has futures of, and how many. A future is let go by `release`, or by the collector: a single
 * one when it is garbage, those of a map when all of them are, since a million of them cannot be watched one by one.
 * What the collector takes away still runs to its end: when it comes is chance, and must not decide what is done.
 */
export class Wants implements Counter {
  readonly #singles = new Map<Key, KeyState>()
  readonly #batches = new Map<string, Batch>()
  readonly #events: WantsEvents
  readonly #collected = new FinalizationRegistry<OneHold | MapLedger>((gone) => {
    for (const place of gone.places()) this.#whenSettled(place, () => gone.release(place.index))
  })

  constructor(events: WantsEvents) {
    this.#events = events
  }

  /** The key, if there is a future of it. */
  find(key: Key): KeyState | undefined {
    const single = this.#singles.get(key)
    if (single) return single
    const item = this.#findItem(key)
    return item && item.of.handles[item.index]! > 0 ? item.of.stateOf(item.index) : undefined
  }

  /** Where the key is, made if it is new or was cancelled; one more future of it is counted. */
  acquire(key: Key): Place {
    const single = this.#singles.get(key)
    const item = single ? undefined : this.#findItem(key)
    if (item) {
      this.acquireItem(item.of, item.index)
      return item
    }
    const state = single && single.status !== 'cancelled' ? single : new KeyState(key)
    if (state !== single) this.#singles.set(key, state)
    state.handles++
    return { of: state, index: -1 }
  }

  /** One more future of an item. */
  acquireItem(batch: Batch, index: number): void {
    if (batch.handles[index]!++ === 0) batch.held++
  }

  addBatch(batch: Batch): void {
    this.#batches.set(batch.prefix, batch)
  }

  batchOf(prefix: string): Batch | undefined {
    return this.#batches.get(prefix)
  }

  /** The hold of one future, which has been counted. It ends with the future, if that is then given to `watch`. */
  holdOne(place: Place): OneHold {
    return new OneHold(place, this)
  }

  watch(future: object, hold: Hold): void {
    if (hold instanceof OneHold) this.#collected.register(future, hold)
  }

  /** The hold of futures of all items, which have been counted. */
  holdAll(batch: Batch): MapHold {
    const ledger = new MapLedger(batch, this)
    const hold = new MapHold(ledger)
    this.#collected.register(hold, ledger)
    return hold
  }

  /** One future less. */
  release(of: KeyState | Batch, index: number): void {
    if (of instanceof KeyState) this.#releaseSingle(of)
    else this.#releaseItem(of, index)
  }

  /** Every key with a future. */
  *all(): IterableIterator<KeyState> {
    yield* this.#singles.values()
    for (const batch of this.#batches.values()) {
      for (let i = 0; i < batch.length; i++) if (batch.handles[i]! > 0) yield batch.stateOf(i)
    }
  }

  /** Those of which something was heard. */
  *known(): IterableIterator<KeyState> {
    yield* this.#singles.values()
    for (const batch of this.#batches.values()) for (const state of batch.known) if (state) yield state
  }

  /** Keys of tasks that have not ended. */
  *unfinished(): IterableIterator<Key> {
    for (const state of this.#singles.values()) if (!state.isSettled) yield state.key
    for (const batch of this.#batches.values()) yield* batch.unfinished()
  }

  countUnfinished(): number {
    let count = 0
    for (const _ of this.unfinished()) count++
    return count
  }

  /** Results that are there, and that nobody has asked for. */
  countUnfetched(): number {
    let count = 0
    for (const { outcome, observed } of this.known()) if (outcome?.status === 'finished' && !observed) count++
    return count
  }

  #whenSettled(place: Place, then: () => void): void {
    const state = stateAt(place)
    if (state.isSettled) then()
    else state.watch({ onSettled: then })
  }

  #releaseSingle(state: KeyState): void {
    if (--state.handles > 0) return
    // Another may have its name: it was cancelled, and submitted again.
    if (this.#singles.get(state.key) === state) {
      this.#singles.delete(state.key)
      this.#events.onReleased(state.key)
    }
    this.#events.onForgotten(state)
  }

  #releaseItem(batch: Batch, index: number): void {
    if (--batch.handles[index]! > 0) return
    if (--batch.held === 0) this.#batches.delete(batch.prefix)
    this.#events.onReleased(batch.keyOf(index))
    const state = batch.known[index]
    if (!state) return
    batch.forget(index)
    this.#events.onForgotten(state)
  }

  #findItem(key: Key): { readonly of: Batch; readonly index: number } | undefined {
    if (this.#batches.size === 0) return undefined
    const dash = key.lastIndexOf('-')
    const batch = dash < 0 ? undefined : this.#batches.get(key.slice(0, dash))
    if (!batch) return undefined
    const index = Number(key.slice(dash + 1))
    return index < batch.length && batch.keyOf(index) === key ? { of: batch, index } : undefined
  }
}
