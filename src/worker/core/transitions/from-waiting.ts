import { enqueueWork } from '../computing.js'
import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { dropWork } from '../wants.js'
import { enterMemory } from './parts.js'

/** All its inputs are here. */
export function waitingToReady(state: WorkerState, task: Task): void {
  enqueueWork(state, task.work!)
}

/** All its inputs are here; it also needs resources. */
export function waitingToConstrained(state: WorkerState, task: Task): void {
  enqueueWork(state, task.work!)
}

/** Freed, or stolen. */
export function waitingToReleased(state: WorkerState, task: Task): void {
  dropWork(state, task)
}

/** Somebody put the value here: there is nothing to compute any more. */
export function waitingToMemory(state: WorkerState, task: Task): void {
  dropWork(state, task)
  enterMemory(state, task)
}
