import { startJob } from '../jobs.js'
import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { countInputs, dropWork, unlinkInputs } from '../wants.js'
import { enterMemory } from './parts.js'

/** There is a place for it. Its inputs are handed over with it, so it does not hold on to them any more. */
export function readyToExecuting(state: WorkerState, task: Task): void {
  unlinkInputs(state, task, task.work!)
  startJob(state, task, task.work!)
}

/** An input went away. */
export function readyToWaiting(_state: WorkerState, task: Task): void {
  countInputs(task, task.work!)
}

/** Freed, or stolen. */
export function readyToReleased(state: WorkerState, task: Task): void {
  dropWork(state, task)
}

/** Somebody put the value here: there is nothing to compute any more. */
export function readyToMemory(state: WorkerState, task: Task): void {
  dropWork(state, task)
  enterMemory(state, task)
}
