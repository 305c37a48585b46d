/** Letting go: of values, of work that has not begun, of what has ended and nobody wanted. */
import type { WorkerState } from './state.js'
import { isWanted, type Task } from './task.js'
import { leaveMemory } from './transitions/parts.js'
import { need } from './wants.js'

const NO_HURRY: readonly number[] = [1]

/** Takes the value out of the store. `resettle` follows when the whole message is through. */
export function evict(state: WorkerState, task: Task): void {
  if (task.state !== 'memory') {
    leaveMemory(state, task)
    return
  }
  const busy = task.job !== undefined || task.gather !== undefined
  state.move(task, busy ? 'cancelled' : 'released')
}

/** Seeks it again if somebody still wants it, forgets it otherwise. */
export function resettle(state: WorkerState, task: Task): void {
  if (task.state === 'cancelled' && isWanted(task)) need(state, task, NO_HURRY)
  else state.settle(task)
}

/** Its work is not to be done, at least not now and here; it must not be running. */
export function abandonWork(state: WorkerState, task: Task): void {
  state.move(task, task.stored ? 'memory' : 'released')
  state.settle(task)
}

/** The run or gather that kept the key busy has ended without a use: on to what is wanted since. */
export function afterBusy(state: WorkerState, task: Task): void {
  if (task.state === 'cancelled') {
    state.move(task, 'released')
    state.settle(task)
  } else if (task.state === 'resumed') {
    if (task.next === 'waiting') state.move(task, 'waiting')
    else state.seek(task)
  }
}
