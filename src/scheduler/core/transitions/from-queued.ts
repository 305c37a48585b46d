import { type State, setState } from '../state.js'
import type { Task } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import { dispatch } from './dispatch.js'
import type { Details } from './engine.js'
import { afterRelease } from './release.js'

export function queuedToReleased(s: State, task: Task): void {
  setState(s, task, 'released')
  afterRelease(s, task)
}

export function queuedToProcessing(s: State, task: Task, details: Details): void {
  dispatch(s, task, details.worker as WorkerRecord)
}
