import { OptionError, WaitTimeoutError } from '../errors.js'
import { Deferred } from '../util/deferred.js'
import { type Duration, durationText, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import type { KeyState, Watcher } from './key-state.js'

/** How long a waiting call waits. What it waits for goes on when that is over. */
export interface WaitOptions {
  /** Milliseconds, or `'1s'`. Default: for ever. */
  timeout?: Duration
  signal?: AbortSignal
}

/** @throws OptionError for an unknown option, or a signal that is none. */
export function checkWaitOptions(options: WaitOptions): void {
  checkNames(options, ['timeout', 'signal'])
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new OptionError('signal', `must be an AbortSignal, is ${shown(options.signal)}`)
}

/** What ends a wait: every key has an outcome; one has; or every one, or a failure. */
export type Until = 'all' | 'first' | 'all-or-failed'

/** A call that waits for the scheduler's word. */
export interface Waiting {
  /** How many keys it waits for, if it waits for these alone. */
  readonly keys?: number
  /** There will be none. */
  fail(error: Error): void
}

/** Who keeps the calls that wait, so that all can be told at once. The process stays alive while there are any. */
export interface Waiters {
  enter(waiting: Waiting): void
  leave(waiting: Waiting): void
}

/**
 * One call that waits for keys. Rejects with WaitTimeoutError when its time is over; `fail` ends it with another error.
 */
export class Wait implements Watcher, Waiting {
  readonly #states: readonly KeyState[]
  readonly #until: Until
  readonly #waiters: Waiters
  readonly #options: WaitOptions
  readonly #done = new Deferred<void>()
  readonly #onAbort = () => this.fail(timeoutError(this.#states, this.#options, this.#options.signal?.reason))
  #timer: NodeJS.Timeout | undefined
  #left: number

  private constructor(states: readonly KeyState[], until: Until, waiters: Waiters, options: WaitOptions) {
    this.#states = states
    this.#until = until
    this.#waiters = waiters
    this.#options = options
    this.#left = until === 'first' ? 1 : states.length
  }

  /** @throws WaitTimeoutError, OptionError; whatever `fail` was given. */
  static async for(states: readonly KeyState[], until: Until, waiters: Waiters, options: WaitOptions): Promise<void> {
    const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, 'timeout')
    // Each once: it tells of its end once.
    const open = [...new Set(states)].filter((state) => !state.isSettled)
    if (open.length === 0 || isOver(states, open.length, until)) return
    try {
      await new Wait(open, until, waiters, options).#start(timeoutMs)
    } catch (error) {
      // Made where a timer or a socket spoke; here the stack leads to the caller.
      Error.captureStackTrace(error as Error)
      throw error
    }
  }

  get keys(): number {
    return this.#states.length
  }

  onSettled(state: KeyState): void {
    this.#left--
    if (this.#left === 0 || (this.#until === 'all-or-failed' && state.status !== 'finished')) this.#end()
  }

  fail(error: Error): void {
    this.#done.reject(error)
    this.#end()
  }

  #start(timeoutMs: number | undefined): Promise<void> {
    const { signal } = this.#options
    if (signal?.aborted) throw timeoutError(this.#states, this.#options, signal.reason)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (timeoutMs !== undefined) this.#timer = setTimeout(this.#onAbort, timeoutMs)
    this.#waiters.enter(this)
    for (const state of this.#states) state.watch(this)
    return this.#done.promise
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#waiters.leave(this)
    for (const state of this.#states) state.unwatch(this)
    this.#done.resolve()
  }
}

function isOver(states: readonly KeyState[], open: number, until: Until): boolean {
  if (until === 'all') return open === 0
  const settled = states.filter((state) => state.isSettled)
  return until === 'first' ? settled.length > 0 : settled.some(({ status }) => status !== 'finished')
}

function timeoutError(open: readonly KeyState[], options: WaitOptions, reason: unknown): WaitTimeoutError {
  const waiting = open.filter((state) => !state.isSettled)
  const first = waiting[0]?.key ?? 'it'
  const what = waiting.length > 1 ? `${waiting.length} tasks (${first}, …) were` : `${first} was`
  const after = reason === undefined ? `within ${textOf(options.timeout)}` : 'when the signal was aborted'
  const goOn = waiting.length > 1 ? 'the tasks go on' : 'the task goes on'
  return new WaitTimeoutError(`${what} not finished ${after}; ${goOn}`, reason === undefined ? {} : { cause: reason })
}

function textOf(timeout: Duration | undefined): string {
  return typeof timeout === 'number' ? durationText(timeout) : String(timeout)
}
