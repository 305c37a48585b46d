import { CancelledError, OptionError } from '../errors.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import type { KeyState } from './key-state.js'
import type { Session } from './session.js'

/** How to cancel. `reason` is told to everybody concerned; `force`: although other clients want it. */
export interface CancelOptions {
  reason?: string
  force?: boolean
}

/** Ends these tasks: whoever waits for them here is told at once, the scheduler stops what runs. */
export function cancelStates(session: Session, states: readonly KeyState[], options: CancelOptions = {}): void {
  session.assertOpen()
  checkNames(options, ['reason', 'force'])
  if (options.reason !== undefined && typeof options.reason !== 'string')
    throw new OptionError('reason', `must be a text, is ${shown(options.reason)}`)
  if (options.force !== undefined && typeof options.force !== 'boolean')
    throw new OptionError('force', `must be true or false, is ${shown(options.force)}`)
  const { reason = `cancelled by ${session.id}`, force = false } = options
  const open = states.filter(({ status }) => status !== 'cancelled')
  if (open.length === 0) return
  session.outbox.say({ op: 'cancel-keys', keys: open.map(({ key }) => key), force, reason })
  for (const state of open) {
    const text = `${state.key} was cancelled${options.reason === undefined ? '' : `: ${options.reason}`}`
    state.settle({ status: 'cancelled', error: new CancelledError(state.key, text) })
  }
}
