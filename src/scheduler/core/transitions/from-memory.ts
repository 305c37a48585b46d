import { listOf } from '../../../util/few.js'
import { soon } from '../chores.js'
import { toWanters } from '../outbox.js'
import { forgetCopies } from '../replicas.js'
import { type State, setState } from '../state.js'
import { missingInputs, type Task } from '../task.js'
import { releasedToForgotten } from './from-released.js'
import { recommend } from './recommend.js'
import { afterRelease, freeReplicas } from './release.js'

/** Nobody needs it, or its last copy was lost; then it is made again. */
export function memoryToReleased(s: State, task: Task): void {
  if (task.waiters !== undefined) soon(s, listOf(task.waiters), (waiter) => takeBack(s, waiter))
  freeReplicas(s, task)
  forgetCopies(s, task)
  setState(s, task, 'released')
  if (task.recipe === undefined) return recommend(s, task, 'forgotten')
  afterRelease(s, task)
  if (task.lost === undefined && task.pending === undefined && task.recipe.group.options.effect)
    task.lost = `${task.key} has effects and was done; its result was released, and it is not run again by itself`
  else if (task.lost === undefined) toWanters(s, task, { op: 'lost-data', key: task.key })
}

/** A dependent that was on its way has to wait again. */
function takeBack(s: State, waiter: Task): void {
  if (waiter.state === 'waiting') waiter.waitingOn = missingInputs(waiter)
  else if (waiter.state === 'no-worker' || waiter.state === 'processing' || waiter.state === 'queued')
    recommend(s, waiter, 'waiting')
}

export function memoryToForgotten(s: State, task: Task): void {
  releasedToForgotten(s, task)
}
