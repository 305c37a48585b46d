/** What the worker says of itself. */
import type { WorkerState } from './state.js'

/** As the scheduler is told. */
export function statusOf(state: WorkerState): 'running' | 'paused' | 'closing_gracefully' {
  if (state.closingGracefully) return 'closing_gracefully'
  return state.paused ? 'paused' : 'running'
}

/** Tells the scheduler how it is. */
export function sayStatus(state: WorkerState, stimulus_id = state.stimulus): void {
  const message = { op: 'worker-status-change' as const, status: statusOf(state), stimulus_id }
  const { full } = state
  state.send(full === undefined ? message : { ...message, full: { reason: full.reason, room: full.room } })
}
