import type { WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { enterMemory, enterMissing, enterWaiting, leaveFetch } from './parts.js'

/** A holder is asked for it. */
export function fetchToFlight(_state: WorkerState, task: Task): void {
  leaveFetch(task)
}

/** Its last known holder is gone. */
export function fetchToMissing(state: WorkerState, task: Task): void {
  leaveFetch(task)
  enterMissing(state, task)
}

/** Nobody wants it any more. */
export function fetchToReleased(_state: WorkerState, task: Task): void {
  leaveFetch(task)
}

/** It is to be computed here. */
export function fetchToWaiting(state: WorkerState, task: Task): void {
  leaveFetch(task)
  enterWaiting(state, task)
}

/** Somebody put it here. */
export function fetchToMemory(state: WorkerState, task: Task): void {
  leaveFetch(task)
  enterMemory(state, task)
}
