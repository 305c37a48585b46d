import { type State, setState } from '../state.js'
import type { Task } from '../task.js'
import { dispatch, proceed } from './dispatch.js'
import type { Details } from './engine.js'
import { afterRelease } from './release.js'

export function noWorkerToReleased(s: State, task: Task): void {
  s.noWorker.delete(task)
  setState(s, task, 'released')
  afterRelease(s, task)
}

/** It keeps its place, and the time since when, if there is still nobody. */
export function noWorkerToProcessing(s: State, task: Task, { worker }: Details): void {
  if (worker !== undefined) dispatch(s, task, worker)
  else proceed(s, task)
  if (task.state !== 'no-worker') s.noWorker.delete(task)
}

export function noWorkerToQueued(s: State, task: Task): void {
  s.noWorker.delete(task)
  setState(s, task, 'queued')
  s.queue.push(task)
}
