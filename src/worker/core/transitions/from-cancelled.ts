import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterMemory } from './parts.js'

/** The run or gather that nobody wanted has ended. */
export function cancelledToReleased(_state: WorkerState, _task: Task): void {}

/** Wanted again before it arrived. */
export function cancelledToFlight(_state: WorkerState, _task: Task): void {}

/** Wanted again, but what goes on is of no use: when it has ended, `task.next` follows. */
export function cancelledToResumed(_state: WorkerState, _task: Task): void {}

/** Somebody put it here while the end of the run or gather is awaited. */
export function cancelledToMemory(state: WorkerState, task: Task): void {
  enterMemory(state, task)
}
