/** From `error` and `rescheduled`, where no work is left. */
import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterMemory, enterWaiting } from './parts.js'

/** Freed, or wanted from elsewhere. */
export function errorToReleased(_state: WorkerState, _task: Task): void {}

/** To be tried again. */
export function errorToWaiting(state: WorkerState, task: Task): void {
  enterWaiting(state, task)
}

/** Somebody put a value here. */
export function errorToMemory(state: WorkerState, task: Task): void {
  enterMemory(state, task)
}

/** The scheduler was told; it is forgotten here. */
export function rescheduledToReleased(_state: WorkerState, _task: Task): void {}
