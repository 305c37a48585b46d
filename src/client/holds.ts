import type { Batch } from './batch.js'
import { KeyState } from './key-state.js'

/** A key that futures stand for: one of its own (`index` is -1), or an item of a map. */
export type Place = { readonly of: KeyState; readonly index: -1 } | { readonly of: Batch; readonly index: number }

/** What is known of the key at that place. */
export function stateAt({ of, index }: Place): KeyState {
  return of instanceof KeyState ? of : of.stateOf(index)
}

/** Keeps results, until they are released. */
export interface Holding {
  /** The key, or what the keys of a map begin with. */
  readonly name: string
  /** All have been released. */
  readonly isEmpty: boolean
  releaseAll(): void
}

/** What a future has of its key: that the result is kept, until it is released. */
export interface Hold {
  readonly of: KeyState | Batch
  /** What may be held on to without keeping the futures from the collector. */
  readonly holding: Holding
  isReleased(index: number): boolean
  /** Once; further calls do nothing. */
  release(index: number): void
}

/** Who counts the futures of each key. */
export interface Counter {
  release(of: KeyState | Batch, index: number): void
}

/** The hold of one future. */
export class OneHold implements Hold, Holding {
  readonly #place: Place
  readonly #counter: Counter
  #released = false

  constructor(place: Place, counter: Counter) {
    this.#place = place
    this.#counter = counter
  }

  get of(): KeyState | Batch {
    return this.#place.of
  }

  /** What it holds still. */
  places(): readonly Place[] {
    return this.#released ? [] : [this.#place]
  }

  get holding(): Holding {
    return this
  }

  get name(): string {
    return stateAt(this.#place).key
  }

  get isEmpty(): boolean {
    return this.#released
  }

  isReleased(): boolean {
    return this.#released
  }

  releaseAll(): void {
    this.release()
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#counter.release(this.#place.of, this.#place.index)
  }
}

/** Which items of one `map` call have been released; apart from the `MapHold`, which the collector watches. */
export class MapLedger implements Holding {
  #released: Uint8Array | undefined
  #left: number
  readonly #counter: Counter

  constructor(
    readonly batch: Batch,
    counter: Counter,
  ) {
    this.#counter = counter
    this.#left = batch.length
  }

  get name(): string {
    return this.batch.prefix
  }

  get isEmpty(): boolean {
    return this.#left === 0
  }

  isReleased(index: number): boolean {
    return this.#released?.[index] === 1
  }

  release(index: number): void {
    if (this.isReleased(index)) return
    this.#released ??= new Uint8Array(this.batch.length)
    this.#released[index] = 1
    this.#left--
    this.#counter.release(this.batch, index)
  }

  releaseAll(): void {
    for (let index = 0; index < this.batch.length; index++) this.release(index)
  }

  /** What it holds still. */
  *places(): IterableIterator<Place> {
    const { batch } = this
    for (let index = 0; index < batch.length; index++) if (!this.isReleased(index)) yield { of: batch, index }
  }
}

/** The hold of all futures of one `map` call. When none of them is left, all are released. */
export class MapHold implements Hold {
  readonly #ledger: MapLedger

  constructor(ledger: MapLedger) {
    this.#ledger = ledger
  }

  get of(): Batch {
    return this.#ledger.batch
  }

  get holding(): Holding {
    return this.#ledger
  }

  isReleased(index: number): boolean {
    return this.#ledger.isReleased(index)
  }

  release(index: number): void {
    this.#ledger.release(index)
  }
}
