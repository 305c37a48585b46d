/** What several moves do alike. */
import { enqueueFetch } from '../holders.js'
import { forgetHolders, type WorkerState } from '../state.js'
import type { Task } from '../task.js'
import { linkInputs, makeReady, stallDependents, wakeDependents } from '../wants.js'

/** Links the inputs, wants those that are not here, and is ready at once if all are. */
export function enterWaiting(state: WorkerState, task: Task): void {
  linkInputs(state, task, task.work!)
  if (task.waitingOn === 0) makeReady(state, task)
}

/** The value is in the store: who waited for it goes on, who has it elsewhere does not matter. */
export function enterMemory(state: WorkerState, task: Task): void {
  const isNew = !task.stored
  task.stored = true
  task.acquire = false
  task.asks = 0
  task.askedAt = undefined
  forgetHolders(state, task)
  answerGatherers(state, task)
  if (isNew) wakeDependents(state, task)
}

/** The value leaves the store. */
export function leaveMemory(state: WorkerState, task: Task): void {
  task.stored = false
  task.result = undefined
  state.drops.push(task.key)
  stallDependents(state, task)
}

export function enterFetch(state: WorkerState, task: Task): void {
  enqueueFetch(state, task)
}

export function leaveFetch(task: Task): void {
  task.fetchEntry = undefined
}

export function enterMissing(state: WorkerState, task: Task): void {
  state.missing.add(task)
  state.askDue = true
}

export function leaveMissing(state: WorkerState, task: Task): void {
  state.missing.delete(task)
}

function answerGatherers(state: WorkerState, task: Task): void {
  if (task.gatherers === undefined) return
  for (const request of task.gatherers) state.gatherRequests.get(request)?.waiting.delete(task.key)
  for (const request of task.gatherers) state.settledRequests.push(request)
  task.gatherers = undefined
}
