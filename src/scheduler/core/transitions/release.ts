/** Who keeps data alive, and what follows when nobody does (semantics.md §4.3). */
import { listOf, withoutItem } from '../../../util/few.js'
import { dropInline } from '../inline.js'
import { freeKey } from '../outbox.js'
import { removeReplica, type State } from '../state.js'
import { isNeeded, type Task } from '../task.js'
import { recommend } from './recommend.js'

/** After a want or a waiter has gone. The recipe stays while anything depends on it. */
export function releaseIfUnneeded(s: State, task: Task): void {
  if (isNeeded(task) || task.state === 'forgotten') return
  if (task.dependents === undefined || (task.state !== 'erred' && task.state !== 'released')) s.later.push(task)
}

/** It no longer waits for its inputs. */
export function stopWaiting(s: State, task: Task): void {
  task.waitingOn = 0
  for (const input of task.dependencies) {
    input.waiters = withoutItem(input.waiters, task)
    if (input.waiters === undefined) releaseIfUnneeded(s, input)
  }
}

/** Common end of all ways to `released`: still wanted or waited for means that it is made (again). */
export function afterRelease(s: State, task: Task): void {
  if (task.whoWants !== undefined || task.waiters !== undefined) {
    if (task.lost !== undefined) recommend(s, task, 'forgotten')
    else if (task.blame === undefined) recommend(s, task, 'waiting')
  }
  if (task.pending !== 'waiting') stopWaiting(s, task)
}

/** All copies go, here and on workers. */
export function freeReplicas(s: State, task: Task): void {
  for (const worker of listOf(task.whoHas)) {
    removeReplica(s, task, worker)
    freeKey(s, worker, task.key)
  }
  dropInline(s, task)
}
