import { Deferred } from '../util/deferred.js'
import { Future } from './future.js'
import { futuresOf } from './futures.js'
import type { KeyState, Watcher } from './key-state.js'
import type { Session } from './session.js'

/**
 * Futures in the order in which they end, well or not; more can be added while it is walked through. Ends when all that
 * were added have come.
 */
export class AsCompleted<F extends Future<unknown>> implements AsyncIterableIterator<F>, Watcher {
  #session: Session | undefined
  readonly #waiting = new Map<KeyState, F[]>()
  /** Those that have ended and not come yet: from `#next` on. */
  #ended: F[] = []
  #next = 0
  readonly #wakers = new Set<() => void>()

  /** @internal Made by `asCompleted`. */
  constructor(futures: Iterable<F>) {
    for (const future of futuresOf(futures)) this.add(future)
  }

  /** Futures that have not come yet. */
  get size(): number {
    let size = this.#ended.length - this.#next
    for (const futures of this.#waiting.values()) size += futures.length
    return size
  }

  /** One more. */
  add(future: F): void {
    const state = Future.stateOf(future)
    this.#session = Future.sessionOf(future)
    if (state.isSettled) {
      this.#ended.push(future)
      this.#wake()
      return
    }
    const others = this.#waiting.get(state)
    if (others) others.push(future)
    else {
      this.#waiting.set(state, [future])
      state.watch(this)
    }
  }

  /** The next that has ended. @throws SchedulerLostError, ClosedError. */
  async next(): Promise<IteratorResult<F, undefined>> {
    while (this.#next === this.#ended.length) {
      if (this.#waiting.size === 0) return { done: true, value: undefined }
      await this.#untilOneEnds()
    }
    const value = this.#ended[this.#next++] as F
    if (this.#next === this.#ended.length) {
      this.#ended = []
      this.#next = 0
    }
    return { done: false, value }
  }

  /** Ends it: what has not come is let go, and goes on. */
  async return(): Promise<IteratorResult<F, undefined>> {
    for (const state of this.#waiting.keys()) state.unwatch(this)
    this.#waiting.clear()
    this.#ended = []
    this.#next = 0
    this.#wake()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  onSettled(state: KeyState): void {
    this.#ended.push(...(this.#waiting.get(state) ?? []))
    this.#waiting.delete(state)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
  }

  async #untilOneEnds(): Promise<void> {
    const one = new Deferred<void>()
    this.#wakers.add(one.resolve)
    const waiting = { fail: one.reject }
    this.#session?.enter(waiting)
    try {
      await one.promise
    } finally {
      this.#wakers.delete(one.resolve)
      this.#session?.leave(waiting)
    }
  }
}

/**
 * The futures in the order in which they end, well or not.
 *
 * @example
 * for await (const future of asCompleted(futures)) console.log(await future.result())
 */
export function asCompleted<R>(futures: Iterable<Future<R>>): AsCompleted<Future<R>> {
  return new AsCompleted(futures)
}
