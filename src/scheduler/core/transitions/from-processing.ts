import { listOf } from '../../../util/few.js'
import type { Encoded } from '../../../values/encoded.js'
import { keepInline } from '../inline.js'
import { erredMessage, freeKey, toWanters } from '../outbox.js'
import { addReplica, leaveWorker, type State, setState } from '../state.js'
import type { Task } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import type { Details } from './engine.js'
import { passBlame } from './from-released.js'
import { recommend } from './recommend.js'
import { afterRelease, stopWaiting } from './release.js'
import { valueArrived } from './value-arrived.js'

/** What was sent ahead of it waits again. */
export function processingToReleased(s: State, task: Task, details: Details): void {
  letGo(s, task, leaveWorker(s, task), details)
  setState(s, task, 'released')
  afterRelease(s, task)
  for (const waiter of listOf(task.waiters)) if (waiter.state === 'processing') recommend(s, waiter, 'waiting')
}

/** Only ever from the worker that was told to run it; others are answered by the caller. */
export function processingToMemory(s: State, task: Task, details: Details): void {
  const worker = leaveWorker(s, task)
  task.typename = details.typename ?? ''
  addReplica(s, task, worker, details.nbytes ?? 0)
  if (details.inline !== undefined) keepInline(s, task, details.inline)
  valueArrived(s, task)
}

export function processingToErred(s: State, task: Task, details: Details): void {
  letGo(s, task, leaveWorker(s, task), details)
  // Without an error of its own it is an input that failed: `blame` is set.
  if (details.error !== undefined) blameItself(task, details.error)
  setState(s, task, 'erred')
  passBlame(s, task)
  stopWaiting(s, task)
  const message = erredMessage(task)
  if (message) toWanters(s, task, message)
}

function blameItself(task: Task, error: Encoded): void {
  task.error = error
  task.blame = task
}

/** The worker forgets it. A thread that may be running it still is busy until it says otherwise. */
function letGo(s: State, task: Task, worker: WorkerRecord, details: Details): void {
  const attempt = details.attempt ?? 'running'
  if (attempt === 'withdrawn') return
  freeKey(s, worker, task.key)
  if (attempt === 'running') worker.ghosts.set(task.key, s.runIdOf(task))
}
