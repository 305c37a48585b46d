import { OptionError } from '../errors.js'
import { checkNames } from '../util/option-names.js'
import { Future } from './future.js'
import { futuresOf } from './futures.js'
import type { WaitOptions } from './waiting.js'

/** What `wait` waits for. `returnWhen`: all have ended (default), or the first has. */
export interface WaitForOptions extends WaitOptions {
  returnWhen?: 'all' | 'first'
}

/** Futures by whether they have ended, well or not. */
export interface Waited<F> {
  readonly done: F[]
  readonly notDone: F[]
}

/**
 * Waits until futures have ended, well or not, or the first has. A failure is no error here.
 * @throws WaitTimeoutError when `timeout` or `signal` end the waiting; SchedulerLostError, ClosedError.
 */
export async function wait<R>(futures: Iterable<Future<R>>, options: WaitForOptions = {}): Promise<Waited<Future<R>>> {
  checkNames(options, ['timeout', 'signal', 'returnWhen'])
  const { returnWhen = 'all', ...waiting } = options
  if (returnWhen !== 'all' && returnWhen !== 'first') throw new OptionError('returnWhen', "must be 'all' or 'first'")
  const list = futuresOf(futures)
  const [first] = list
  if (first) await Future.sessionOf(first).wait(list.map(Future.stateOf), returnWhen, waiting)
  return { done: list.filter((f) => f.done()), notDone: list.filter((f) => !f.done()) }
}
