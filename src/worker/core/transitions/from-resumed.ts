import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { dropWork } from '../wants.js'
import { enterFetch, enterMemory, enterMissing, enterWaiting } from './parts.js'

/** What was under way has ended; now it is computed. */
export function resumedToWaiting(state: WorkerState, task: Task): void {
  task.next = undefined
  enterWaiting(state, task)
}

/** What was under way has ended; now it is fetched. */
export function resumedToFetch(state: WorkerState, task: Task): void {
  task.next = undefined
  enterFetch(state, task)
}

/** What was under way has ended; nobody is known to have it. */
export function resumedToMissing(state: WorkerState, task: Task): void {
  task.next = undefined
  enterMissing(state, task)
}

/** The gather brought it, or somebody put it here. */
export function resumedToMemory(state: WorkerState, task: Task): void {
  task.next = undefined
  dropWork(state, task)
  enterMemory(state, task)
}

/** Not wanted again after all. */
export function resumedToCancelled(state: WorkerState, task: Task): void {
  task.next = undefined
  dropWork(state, task)
}
