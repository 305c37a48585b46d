import { type State, setState } from '../state.js'
import type { Task } from '../task.js'
import { dispatch, proceed } from './dispatch.js'
import type { Details } from './engine.js'
import { afterRelease } from './release.js'

export function waitingToReleased(s: State, task: Task): void {
  task.waitingOn = 0
  setState(s, task, 'released')
  afterRelease(s, task)
}

/** With a worker named it is sent ahead: its inputs are being made there. */
export function waitingToProcessing(s: State, task: Task, { worker }: Details): void {
  if (worker !== undefined) dispatch(s, task, worker)
  else if (task.waitingOn === 0) proceed(s, task)
}

export function waitingToNoWorker(s: State, task: Task): void {
  setState(s, task, 'no-worker')
  s.noWorker.set(task, s.now)
}

export function waitingToQueued(s: State, task: Task): void {
  setState(s, task, 'queued')
  s.queue.push(task)
}

/** A "finished" that was overtaken by a release; its worker has been told to free it. */
export function absorbLateFinish(): void {}
