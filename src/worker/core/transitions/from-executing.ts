/** From `executing` and `long-running`. Whether the run itself has ended is said by `task.job`. */
import { vacate } from '../jobs.js'
import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { dropWork } from '../wants.js'
import { enterMemory, enterWaiting } from './parts.js'

/** It gave a value, or somebody put one here meanwhile. */
export function executingToMemory(state: WorkerState, task: Task): void {
  dropWork(state, task)
  enterMemory(state, task)
}

/** It failed; remembered until freed. */
export function executingToError(state: WorkerState, task: Task): void {
  dropWork(state, task)
}

/** It asked to be run elsewhere. */
export function executingToRescheduled(state: WorkerState, task: Task): void {
  dropWork(state, task)
}

/** It gave its place back and goes on; its resources stay taken. */
export function executingToLongRunning(state: WorkerState, task: Task): void {
  vacate(state, task.job!)
}

/** It did not run, or not to its end, without a fault of its own: once more, with inputs that may have gone. */
export function executingToWaiting(state: WorkerState, task: Task): void {
  enterWaiting(state, task)
}

/** It did not begin and is wanted elsewhere, or only direct callers wanted it and it failed. */
export function executingToReleased(state: WorkerState, task: Task): void {
  dropWork(state, task)
}

/** Freed while it runs. */
export function executingToCancelled(state: WorkerState, task: Task): void {
  dropWork(state, task)
}
