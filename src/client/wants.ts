import type { Key } from '../protocol/names.js'
import { Batch } from './batch.js'
import { KeyState } from './key-state.js'

/** What a future stands for: a key of its own (`index` is -1), or an item of a map. */
export type Place = { readonly of: KeyState; readonly index: -1 } | { readonly of: Batch; readonly index: number }

/** What is known of the key at that place. */
export function stateAt({ of, index }: Place): KeyState {
  return of instanceof Batch ? of.stateOf(index) : of
}

/** What follows when the last future of a key is gone. */
export interface WantsEvents {
  /** The scheduler need not keep these for us. */
  onReleased(keys: readonly Key[]): void
  /** What was known of a released key. */
  onForgotten(state: KeyState): void
}

/**
 * The keys that this client has futures of, and how many. A future is let go by `release`, or by the collector: every
 * future of a key holds on to one object, its anchor; when that is collected, none is left. A map has one anchor for
 * all its items, so they are let go together unless they are released one by one.
 */
export class Wants {
  readonly #singles = new Map<Key, KeyState>()
  readonly #batches = new Map<string, Batch>()
  readonly #events: WantsEvents
  readonly #collected = new FinalizationRegistry<KeyState | Batch>((of) => {
    if (of.anchor?.deref() === undefined) this.#dropAll(of)
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

  addBatch(batch: Batch): void {
    this.#batches.set(batch.prefix, batch)
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

  batchOf(prefix: string): Batch | undefined {
    return this.#batches.get(prefix)
  }

  /** The anchor of a key: `made`, if it has none now. */
  anchorOf(of: KeyState | Batch, made: object): object {
    const known = of.anchor?.deref()
    if (known) return known
    of.anchor = new WeakRef(made)
    this.#collected.register(made, of)
    return made
  }

  /** One future less. */
  release(of: KeyState | Batch, index: number): void {
    if (of instanceof KeyState) {
      if (--of.handles === 0) this.#drop(of)
      return
    }
    if (of.handles[index] === 0 || --of.handles[index]! > 0) return
    const state = of.stateOf(index)
    of.forget(index)
    if (--of.held === 0) this.#batches.delete(of.prefix)
    this.#events.onReleased([state.key])
    this.#events.onForgotten(state)
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

  #drop(state: KeyState): void {
    if (this.#singles.get(state.key) === state) {
      this.#singles.delete(state.key)
      this.#events.onReleased([state.key])
    }
    this.#events.onForgotten(state)
  }

  #dropAll(of: KeyState | Batch): void {
    if (of instanceof KeyState) {
      if (of.handles === 0) return
      of.handles = 0
      return this.#drop(of)
    }
    const keys: Key[] = []
    for (let i = 0; i < of.length; i++) if (of.handles[i]! > 0) keys.push(of.keyOf(i))
    of.handles.fill(0)
    this.#batches.delete(of.prefix)
    if (keys.length > 0) this.#events.onReleased(keys)
    for (const state of of.known) if (state) this.#events.onForgotten(state)
  }

  #findItem(key: Key): { readonly of: Batch; readonly index: number } | undefined {
    const dash = key.lastIndexOf('-')
    const batch = dash < 0 ? undefined : this.#batches.get(key.slice(0, dash))
    if (!batch) return undefined
    const index = Number(key.slice(dash + 1))
    return index < batch.length && batch.keyOf(index) === key ? { of: batch, index } : undefined
  }
}
