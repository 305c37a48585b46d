import { listOf, withItem, withoutItem } from '../../../util/few.js'
import { soon } from '../chores.js'
import { cancelKeys, erredMessage, toWanters } from '../outbox.js'
import { forgetCopies } from '../replicas.js'
import { addReplica, removeTask, removeWant, type State, setState } from '../state.js'
import { isNeeded, missingInputs, type Task } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import type { Details } from './engine.js'
import { recommend } from './recommend.js'
import { freeReplicas, releaseIfUnneeded } from './release.js'
import { valueArrived } from './value-arrived.js'

export function releasedToWaiting(s: State, task: Task): void {
  // Recommended when somebody needed it still.
  if (!isNeeded(task)) return
  if (s.delayed.has(task)) return
  if (task.lost !== undefined || task.recipe === undefined) return recommend(s, task, 'forgotten')
  const failed = task.dependencies.find((input) => input.state === 'erred')
  if (failed !== undefined) {
    task.blame = failed.blame
    return recommend(s, task, 'erred')
  }
  setState(s, task, 'waiting')
  for (const input of task.dependencies) waitFor(s, task, input)
  if (task.waitingOn === 0) recommend(s, task, 'processing')
}

function waitFor(s: State, task: Task, input: Task): void {
  input.waiters = withItem(input.waiters, task)
  if (input.hasValue) return
  task.waitingOn++
  if (input.state === 'released') recommend(s, input, 'waiting')
  // It may be sent ahead, to where the input is being made.
  else if (input.state === 'processing') s.dispatched.push(input)
}

/** An input failed (`blame` is set), or it can run nowhere (`error` is set). */
export function releasedToErred(s: State, task: Task): void {
  setState(s, task, 'erred')
  passBlame(s, task)
  const message = erredMessage(task)
  if (message) toWanters(s, task, message)
}

/** What waits for it fails with the same error. */
export function passBlame(s: State, task: Task): void {
  for (const waiter of listOf(task.waiters)) {
    waiter.blame = task.blame
    recommend(s, waiter, 'erred')
  }
}

export function releasedToMemory(s: State, task: Task, details: Details): void {
  addReplica(s, task, details.worker as WorkerRecord, details.nbytes ?? 0)
  valueArrived(s, task)
}

export function releasedToForgotten(s: State, task: Task): void {
  freeReplicas(s, task)
  forgetCopies(s, task)
  setState(s, task, 'forgotten')
  s.counts.forgotten--
  cancelWants(s, task)
  if (task.dependents !== undefined) soon(s, listOf(task.dependents), (dependent) => loseInput(s, task, dependent))
  for (const input of task.dependencies) loseDependent(s, task, input)
  task.dependents = undefined
  task.waiters = undefined
  task.dependencies = []
  removeTask(s, task)
}

/** Somebody still wanted it: say that it will never come, and why. */
function cancelWants(s: State, task: Task): void {
  for (const client of listOf(task.whoWants)) {
    removeWant(task, client)
    cancelKeys(s, client, [task.key], task.lost ? 'lost-data' : 'lost-dependencies', task.lost ?? `${task.key} is gone`)
  }
}

/** It cannot be made again. A result that is there already stays. */
function loseInput(s: State, input: Task, dependent: Task): void {
  dependent.lost ??= input.lost ?? `its input ${input.key} is gone`
  dependent.dependencies = dependent.dependencies.filter((d) => d !== input)
  if (dependent.state === 'waiting') dependent.waitingOn = missingInputs(dependent)
  if (dependent.state !== 'memory' && dependent.state !== 'erred') recommend(s, dependent, 'forgotten')
}

function loseDependent(s: State, task: Task, input: Task): void {
  input.dependents = withoutItem(input.dependents, task)
  input.waiters = withoutItem(input.waiters, task)
  releaseIfUnneeded(s, input)
}
