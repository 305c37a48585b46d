import type { Address, Key } from '../protocol/names.js'
import { type Few, listOf, withItem, withoutItem } from '../util/few.js'
import type { Encoded } from '../values/encoded.js'
import type { CallSite } from './call-site.js'

/** `lost`: the result was there, its worker died, and it is being made again. */
export type FutureStatus = 'pending' | 'finished' | 'lost' | 'error' | 'cancelled'

/** How a key ended, as far as the client was told. */
export type Outcome =
  | {
      readonly status: 'finished'
      readonly nbytes: number
      readonly typename: string
      readonly holders: readonly Address[]
      /** The value itself, if it is small. */
      readonly inline: Encoded | undefined
    }
  /** `blame`: the task that really failed. */
  | { readonly status: 'error'; readonly error: Encoded; readonly blame: Key }
  | { readonly status: 'cancelled'; readonly error: Error }
  | { readonly status: 'lost' }

/** Told when a key has an outcome that ends waiting: finished, error or cancelled. */
export interface Watcher {
  onSettled(state: KeyState): void
}

/** What the client knows of one key; all futures of that key share it. */
export class KeyState {
  /** None while the task is pending. */
  outcome: Outcome | undefined = undefined
  /** Somebody has seen its error, or asked for its result: it need not be logged. */
  observed = false
  /** The error that was thrown to the user; made once, so that everybody sees the same. */
  thrown: { readonly error: unknown } | undefined = undefined
  /** Where it was submitted. */
  site: CallSite | undefined = undefined
  /** Futures that the task needs and nobody else may hold. */
  keeps: unknown = undefined
  /** The work behind the key, if other calls may name the same. */
  recipe: string | undefined = undefined
  /** Futures of it. Of an item of a map its `Batch` counts them. */
  handles = 0
  #watchers: Few<Watcher> = undefined

  constructor(readonly key: Key) {}

  get status(): FutureStatus {
    return this.outcome?.status ?? 'pending'
  }

  get isSettled(): boolean {
    return this.outcome !== undefined && this.outcome.status !== 'lost'
  }

  get isWatched(): boolean {
    return this.#watchers !== undefined
  }

  /** A cancelled key stays so: what its worker still says is of no interest. */
  settle(outcome: Outcome | undefined): void {
    if (this.outcome?.status === 'cancelled') return
    this.outcome = outcome
    this.thrown = undefined
    if (!this.isSettled || this.#watchers === undefined) return
    const watchers = listOf(this.#watchers)
    this.#watchers = undefined
    for (const watcher of watchers) watcher.onSettled(this)
  }

  /** Calls the watcher once, at the next outcome that ends waiting. */
  watch(watcher: Watcher): void {
    this.#watchers = withItem(this.#watchers, watcher)
  }

  unwatch(watcher: Watcher): void {
    this.#watchers = withoutItem(this.#watchers, watcher)
  }
}
