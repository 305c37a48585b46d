import type { Key } from '../protocol/names.js'
import type { CallSite } from './call-site.js'
import { KeyState } from './key-state.js'

/** The keys of one `map`: item i is `<prefix>-<i>`. A million of them cost little until something is known of each. */
export class Batch {
  /** Futures of each item. */
  readonly handles: Uint32Array
  readonly #states: (KeyState | undefined)[]
  /** Futures that the tasks need and nobody else may hold. */
  keeps: unknown = undefined
  /** Items with at least one future. */
  held: number

  constructor(
    readonly prefix: string,
    readonly length: number,
    readonly recipe: string,
    readonly site: CallSite | undefined,
  ) {
    this.handles = new Uint32Array(length).fill(1)
    this.#states = new Array<KeyState | undefined>(length)
    this.held = length
  }

  keyOf(index: number): Key {
    return `${this.prefix}-${index}`
  }

  /** Made when it is first asked for. */
  stateOf(index: number): KeyState {
    const known = this.#states[index]
    if (known) return known
    const state = new KeyState(this.keyOf(index))
    state.site = this.site
    this.#states[index] = state
    return state
  }

  /** The states that were ever asked for. */
  get known(): readonly (KeyState | undefined)[] {
    return this.#states
  }

  *unfinished(): IterableIterator<Key> {
    for (let i = 0; i < this.length; i++) {
      if (this.handles[i]! > 0 && !this.#states[i]?.isSettled) yield this.keyOf(i)
    }
  }

  forget(index: number): void {
    this.#states[index] = undefined
  }
}
