/** The victim's side of stealing (semantics.md §4.8): it says where the task stands, and lets go of what has not begun. */
import type { Key } from '../../protocol/names.js'
import { abandonWork } from './release.js'
import type { WorkerState } from './state.js'
import { isDirectOnly, type Task } from './task.js'

/** `was` in waiting, ready or constrained: the task is the scheduler's again; null: it is not known here. */
export function respondSteal(state: WorkerState, key: Key, was: string | null, stimulus: string): void {
  state.send({ op: 'steal-response', key, state: was, stimulus_id: stimulus })
}

/** Answers for a task that is not about to be taken back from the executor. */
export function answerSteal(state: WorkerState, task: Task, stimulus: string): void {
  const { state: was, work } = task
  if (work !== undefined && isDirectOnly(work)) {
    respondSteal(state, task.key, null, stimulus)
    return
  }
  // A caller waits at this very worker for the result.
  const isHeld = work !== undefined && work.requests.length > 0
  const mayGo = was === 'waiting' || was === 'ready' || was === 'constrained'
  const said = mayGo && isHeld ? 'executing' : was === 'released' ? null : was
  respondSteal(state, task.key, said, stimulus)
  if (mayGo && !isHeld) abandonWork(state, task)
}
