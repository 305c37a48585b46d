import { listOf, withoutItem } from '../../../util/few.js'
import { inMemoryMessage, toWanters } from '../outbox.js'
import { type State, setState } from '../state.js'
import { comparePriority, type Task } from '../task.js'
import { recommend } from './recommend.js'
import { releaseIfUnneeded } from './release.js'

/** The task has a value now: dependents may run, inputs may go, clients are told. */
export function valueArrived(s: State, task: Task): void {
  setState(s, task, 'memory')
  for (const input of task.dependencies) {
    input.waiters = withoutItem(input.waiters, task)
    releaseIfUnneeded(s, input)
  }
  if (task.waiters !== undefined) wakeWaiters(s, task)
  if (task.waiters === undefined && task.whoWants === undefined) releaseIfUnneeded(s, task)
  else if (task.whoWants !== undefined) toWanters(s, task, inMemoryMessage(task))
}

/** More than this need not all run at once. */
const MANY = 256

/** The most urgent is recommended last, so it goes first. */
function wakeWaiters(s: State, task: Task): void {
  const runnable = listOf(task.waiters).filter((waiter) => waiter.state === 'waiting' && --waiter.waitingOn === 0)
  if (runnable.length > 1) runnable.sort((a, b) => comparePriority(b, a))
  if (runnable.length > MANY) for (const waiter of runnable) s.later.push(waiter)
  else for (const waiter of runnable) recommend(s, waiter, 'processing')
}
