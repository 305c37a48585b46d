import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterFetch, enterMemory, enterMissing, enterWaiting } from './parts.js'

/** There is work to do for it. */
export function releasedToWaiting(state: WorkerState, task: Task): void {
  enterWaiting(state, task)
}

/** It is wanted, and a holder is known. */
export function releasedToFetch(state: WorkerState, task: Task): void {
  enterFetch(state, task)
}

/** It is wanted, and nobody is known to have it. */
export function releasedToMissing(state: WorkerState, task: Task): void {
  enterMissing(state, task)
}

/** Somebody put it here. */
export function releasedToMemory(state: WorkerState, task: Task): void {
  enterMemory(state, task)
}
