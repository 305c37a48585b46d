import { OptionError } from '../errors.js'
import { Future } from './future.js'
import { checkNames } from './options.js'
import type { Session } from './session.js'
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

/** Waits until futures have ended. A failure is no error here. @throws WaitTimeoutError, SchedulerLostError. */
export async function waitFor<F extends Future<unknown>>(
  session: Session,
  futures: Iterable<F>,
  options: WaitForOptions = {},
): Promise<Waited<F>> {
  checkNames(options, ['timeout', 'signal', 'returnWhen'])
  const { returnWhen = 'all', ...waiting } = options
  if (returnWhen !== 'all' && returnWhen !== 'first') throw new OptionError('returnWhen', "must be 'all' or 'first'")
  session.assertOpen()
  const list = [...futures]
  const states = list.map((future) => Future.stateOf(session, future))
  await session.wait(states, returnWhen, waiting)
  return { done: list.filter((f) => f.done()), notDone: list.filter((f) => !f.done()) }
}
