/** What must be here, and for whom: the links between a task and the inputs of its work. */
import { hastenFetch, setHolders } from './holders.js'
import type { WorkerState } from './state.js'
import { isWanted, type Task, type Work } from './task.js'

const NO_INPUTS: readonly Task[] = []

/** The work of `task` is to be done: now, or when what is still under way for this key has ended. */
export function begin(state: WorkerState, task: Task): void {
  if (task.job !== undefined || task.gather !== undefined) resume(state, task, 'waiting')
  else state.move(task, 'waiting')
}

/** Wants the inputs of the work here, and counts those that are not. */
export function linkInputs(state: WorkerState, task: Task, work: Work): void {
  if (work.deps.length === 0) {
    work.inputs = NO_INPUTS
    task.waitingOn = 0
    return
  }
  const inputs = work.deps.map((key) => state.task(key))
  work.inputs = inputs
  for (const input of inputs) {
    input.dependents ??= new Set()
    input.dependents.add(task)
  }
  for (const input of inputs) if (!input.stored) noteInput(state, input, work)
  countInputs(task, work)
}

/** The work is done with its inputs, or is not wanted any more. */
export function unlinkInputs(state: WorkerState, task: Task, work: Work): void {
  const inputs = work.inputs
  work.inputs = undefined
  task.waitingOn = 0
  if (inputs === undefined || inputs.length === 0) return
  for (const input of inputs) input.dependents?.delete(task)
  for (const input of inputs) unneed(state, input)
}

/** Forgets what was to be run, with its links. */
export function dropWork(state: WorkerState, task: Task): void {
  const work = task.work
  task.work = undefined
  if (work !== undefined) unlinkInputs(state, task, work)
}

export function countInputs(task: Task, work: Work): void {
  let missing = 0
  for (const input of work.inputs ?? NO_INPUTS) if (!input.stored) missing++
  task.waitingOn = missing
}

/** The value is wanted here, by somebody of this priority. */
export function need(state: WorkerState, task: Task, priority: readonly number[]): void {
  switch (task.state) {
    case 'released':
      state.seek(task)
      return
    case 'error':
      state.move(task, 'released')
      state.seek(task)
      return
    case 'fetch':
      hastenFetch(state, task, priority)
      return
    case 'cancelled':
      if (task.gather !== undefined && !task.arrivalVoid) {
        state.move(task, 'flight')
        return
      }
      resume(state, task, 'fetch')
      return
    default:
      // On its way already, by gather or by compute.
      return
  }
}

/** One who wanted the value does so no more. */
export function unneed(state: WorkerState, task: Task): void {
  if (task.stored || isWanted(task)) return
  if (task.state === 'fetch' || task.state === 'missing') {
    state.move(task, 'released')
    state.settle(task)
  } else if (task.state === 'flight' || (task.state === 'resumed' && task.next === 'fetch')) {
    state.move(task, 'cancelled')
  }
}

/** The value came here: those who wait only for it can run. */
export function wakeDependents(state: WorkerState, task: Task): void {
  if (task.dependents === undefined) return
  for (const dependent of task.dependents) {
    if (dependent.state !== 'waiting') continue
    dependent.waitingOn--
    if (dependent.waitingOn === 0) makeReady(state, dependent)
  }
}

/** The value is here no more: those who were ready with it wait again. */
export function stallDependents(state: WorkerState, task: Task): void {
  if (task.dependents === undefined) return
  for (const dependent of task.dependents) {
    if (dependent.state === 'waiting') dependent.waitingOn++
    else if (dependent.state === 'ready' || dependent.state === 'constrained') state.move(dependent, 'waiting')
  }
}

export function makeReady(state: WorkerState, task: Task): void {
  state.move(task, task.work?.resources === undefined ? 'ready' : 'constrained')
}

function resume(state: WorkerState, task: Task, next: 'waiting' | 'fetch'): void {
  task.next = next
  if (task.state !== 'resumed') state.move(task, 'resumed')
}

/** What the work says of its input is fresher than what was known; an empty list takes nothing away. */
function noteInput(state: WorkerState, input: Task, work: Work): void {
  const size = work.sizes.get(input.key)
  if (size !== undefined) input.nbytes = size
  const holders = work.whoHas.get(input.key)
  if (holders !== undefined && holders.length > 0) setHolders(state, input, holders)
  need(state, input, work.priority)
}
