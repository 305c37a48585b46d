import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterWaiting, leaveMemory } from './parts.js'

/** Freed, deleted or lost. */
export function memoryToReleased(state: WorkerState, task: Task): void {
  leaveMemory(state, task)
}

/** A direct call computes it anew; the old value serves until the new one is there. */
export function memoryToWaiting(state: WorkerState, task: Task): void {
  enterWaiting(state, task)
}

/** Freed, deleted or lost, while a run or gather that the value had overtaken goes on. */
export function memoryToCancelled(state: WorkerState, task: Task): void {
  leaveMemory(state, task)
}

/** A direct call computes it anew, when the run or gather that the value had overtaken has ended. */
export function memoryToResumed(_state: WorkerState, _task: Task): void {}
