import { HeddleError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { FUTURE_KEY, type FutureLike } from '../values/future-ref.js'
import { type CancelOptions, cancelStates } from './cancel.js'
import type { Hold } from './holds.js'
import { type FutureStatus, KeyState } from './key-state.js'
import type { Session } from './session.js'
import { errorOf, valuesOf } from './value-of.js'
import { checkWaitOptions, type WaitOptions } from './waiting.js'

/**
 * A result that is, or will be, on the workers. It keeps that result there until it is released, by `release`, by
 * `using`, or when it is garbage. As an argument of `submit` and `map` it stands for its value, which then never comes
 * here.
 */
export class Future<out R> implements FutureLike {
  /** A future is no promise: `await` does nothing to it. Call `result()`. */
  // biome-ignore lint/suspicious/noThenProperty: says that there is none
  declare readonly then?: undefined
  readonly #session: Session
  readonly #hold: Hold
  readonly #index: number

  /** @internal Made by the verbs of a client. */
  constructor(session: Session, hold: Hold, index = -1) {
    this.#session = session
    this.#hold = hold
    this.#index = index
    session.wants.watch(this, hold)
    session.hooks?.onFuture(hold.holding)
  }

  /** The name of the task, and of its result. */
  get key(): Key {
    const { of } = this.#hold
    return of instanceof KeyState ? of.key : of.keyOf(this.#index)
  }

  /** @internal */
  get [FUTURE_KEY](): Key {
    this.#assertHeld('it cannot be an argument')
    return this.key
  }

  get status(): FutureStatus {
    if (this.#isReleased) return 'cancelled'
    const { status } = this.#state
    return status === 'pending' && this.#session.ended ? 'lost' : status
  }

  /** Whether it has ended: finished, failed, cancelled or released. */
  done(): boolean {
    return this.#isReleased || this.#state.isSettled
  }

  /**
   * The value, as a copy of one's own. Buffers in it are ordinary ArrayBuffers.
   * @throws what the task threw, its stack going on with the line that submitted it; CancelledError;
   * KilledWorkerError; TaskTimeoutError; SchedulerLostError; WaitTimeoutError when `timeout` or `signal` end the
   * waiting: the task goes on then.
   */
  async result(options: WaitOptions = {}): Promise<R> {
    this.#assertHeld('it has no result any more')
    const [value] = await valuesOf(this.#session, [this.#state], options)
    return value as R
  }

  /**
   * Waits for the end and gives what `result` would throw, or undefined.
   * @throws WaitTimeoutError, SchedulerLostError.
   */
  async exception(options: WaitOptions = {}): Promise<unknown> {
    this.#assertHeld('it has no outcome any more')
    checkWaitOptions(options)
    const state = this.#state
    await this.#session.wait([state], 'all', options)
    return state.status === 'finished' ? undefined : errorOf(this.#session, state)
  }

  /**
   * Cancels the task, and what depends on it, unless another client wants it; a running function is stopped. Pending
   * calls reject at once.
   */
  async cancel(options: CancelOptions = {}): Promise<void> {
    this.#assertHeld('it cannot be cancelled')
    cancelStates(this.#session, [this.#state], options)
  }

  /** The result need not be kept for this future any more. Further calls do nothing. */
  release(): void {
    this.#hold.release(this.#index)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** @internal Of a future that is still held. */
  static stateOf(future: Future<unknown>): KeyState {
    future.#assertHeld('it has no result any more')
    return future.#state
  }

  /** @internal */
  static sessionOf(future: Future<unknown>): Session {
    return future.#session
  }

  get #state(): KeyState {
    const { of } = this.#hold
    return of instanceof KeyState ? of : of.stateOf(this.#index)
  }

  get #isReleased(): boolean {
    return this.#hold.isReleased(this.#index)
  }

  #assertHeld(consequence: string): void {
    if (this.#isReleased) throw new HeddleError('HEDDLE_RELEASED', `${this.key} was released: ${consequence}`)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Future(${this.key}, ${this.#isReleased ? 'released' : this.status})`
  }
}
