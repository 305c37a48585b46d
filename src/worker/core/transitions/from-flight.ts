import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterFetch, enterMemory, enterMissing } from './parts.js'

/** It arrived, or somebody put it here meanwhile. */
export function flightToMemory(state: WorkerState, task: Task): void {
  enterMemory(state, task)
}

/** It did not arrive, or what arrived is void; another holder is known, or the same when it is not busy. */
export function flightToFetch(state: WorkerState, task: Task): void {
  enterFetch(state, task)
}

/** It did not arrive, and no holder is left. */
export function flightToMissing(state: WorkerState, task: Task): void {
  enterMissing(state, task)
}

/** Nobody wants it any more: dropped on arrival. */
export function flightToCancelled(_state: WorkerState, _task: Task): void {}

/** To be computed here, unless it arrives. */
export function flightToResumed(_state: WorkerState, _task: Task): void {}
