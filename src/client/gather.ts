import { OptionError } from '../errors.js'
import { checkNames } from '../util/option-names.js'
import { Future } from './future.js'
import type { KeyState } from './key-state.js'
import type { Session } from './session.js'
import { futuresIn, rebuild } from './shape.js'
import { valuesOf } from './value-of.js'
import type { WaitOptions } from './waiting.js'

/** How to gather. `errors: 'skip'`: a future that failed gives undefined instead of ending it all. Default `'raise'`. */
export interface GatherOptions extends WaitOptions {
  errors?: 'raise' | 'skip'
  /**
   * For a Dask scheduler: values come straight from its workers, which must be within reach, and not through the
   * scheduler. Default `false`, as in Dask. One of Heddle's never has them pass through it.
   */
  direct?: boolean
}

/**
 * The shape with values in the place of its futures. Each value is fetched once, from the workers that hold it.
 * @throws what a task threw, the first that failed; see `Future.result`.
 */
export async function gatherShape(session: Session, shape: unknown, options: GatherOptions = {}): Promise<unknown> {
  checkNames(options, ['timeout', 'signal', 'errors', 'direct'])
  const { errors = 'raise', ...waiting } = options
  if (errors !== 'raise' && errors !== 'skip') throw new OptionError('errors', "must be 'raise' or 'skip'")
  session.assertOpen()
  const states = [...new Set(futuresIn(shape).map((future) => Future.stateOf(future)))]
  const wanted = errors === 'skip' ? await finished(session, states, waiting) : states
  const values = await valuesOf(session, wanted, waiting)
  const found = new Map(wanted.map((state, i) => [state, values[i]]))
  return rebuild(shape, (future) => found.get(Future.stateOf(future)))
}

/** Those that end well; the failures of the others are seen to have been seen. */
async function finished(session: Session, states: KeyState[], options: WaitOptions): Promise<KeyState[]> {
  await session.wait(states, 'all', options)
  const failed = states.filter(({ status }) => status !== 'finished')
  for (const state of failed) session.reports.observe(state)
  return states.filter((state) => !failed.includes(state))
}
