import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterFetch, enterMemory, enterWaiting, leaveMissing } from './parts.js'

/** A holder became known. */
export function missingToFetch(state: WorkerState, task: Task): void {
  leaveMissing(state, task)
  enterFetch(state, task)
}

/** Nobody wants it any more. */
export function missingToReleased(state: WorkerState, task: Task): void {
  leaveMissing(state, task)
}

/** It is to be computed here. */
export function missingToWaiting(state: WorkerState, task: Task): void {
  leaveMissing(state, task)
  enterWaiting(state, task)
}

/** Somebody put it here. */
export function missingToMemory(state: WorkerState, task: Task): void {
  leaveMissing(state, task)
  enterMemory(state, task)
}
