/**
 * Memory is full and nothing can leave it by itself. What has not begun goes back to the scheduler, which sees who could
 * run it. What that sends all the same is run one after the other, if its inputs are here: it may be what frees memory.
 */
import { failDependents } from './direct.js'
import type { Event } from './events.js'
import { abandonWork } from './release.js'
import { answerCallers } from './reports.js'
import type { WorkerState } from './state.js'
import { sayStatus } from './status.js'
import { isDirectOnly, type Task, type Work } from './task.js'

/** The scheduler is told again when the room has changed by this share. */
const NEWS = 0.25

/** Said again and again while it is so. */
export function onStuck(state: WorkerState, { reason, room, error }: Extract<Event, { type: 'stuck' }>): void {
  const before = state.full
  const isNew = before === undefined
  if (!isNew && before.reason === reason && Math.abs(room - before.room) <= NEWS * before.room) return
  state.full = { reason, room, error }
  sayStatus(state)
  if (isNew) for (const task of [...state.tasks.values()]) if (isIdle(task)) handBack(state, task, task.work!)
}

/** Something can leave memory again; it may still be paused. */
export function onUnstuck(state: WorkerState): void {
  if (state.full === undefined) return
  state.full = undefined
  sayStatus(state)
}

/** What came since then and cannot run here. */
export function returnUnfit(state: WorkerState): void {
  const { waiting, ready, constrained } = state.counts
  if (waiting + ready + constrained === 0) return
  for (const task of [...state.tasks.values()]) if (isIdle(task) && !hasInputs(task)) handBack(state, task, task.work!)
}

/** And all of them are here: one without any can only take memory. */
function hasInputs({ state, work }: Task): boolean {
  return state !== 'waiting' && (work!.deps.length > 0 || work!.inline !== undefined)
}

/** To be computed, and not begun. */
function isIdle({ state }: Task): boolean {
  return state === 'waiting' || state === 'ready' || state === 'constrained'
}

/** Who called this worker directly meant no other: what could begin is told why it does not. */
function handBack(state: WorkerState, task: Task, work: Work): void {
  const { error } = state.full!
  const isDirect = isDirectOnly(work)
  if (isDirect && task.state === 'waiting') return
  answerCallers(state, work, { status: 'error', error })
  if (isDirect) failDependents(state, task, error)
  else state.send({ op: 'reschedule', key: task.key, run_id: work.runId })
  abandonWork(state, task)
}
