/** How runs end, as workers report it. A report of a run that is not the current one changes nothing (evidence D4.6). */
import type { FromWorker } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { freeKey, toClient, wakeAt } from './outbox.js'
import { retryDelay } from './retrying.js'
import { holds, type State, unload } from './state.js'
import type { Prefix, Recipe, Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

export function onTaskFinished(s: State, worker: WorkerRecord, message: FromWorker['task-finished']): void {
  const task = currentRun(s, worker, message.key, message.run_id)
  if (task === undefined) return
  learnDuration((task.recipe as Recipe).group.prefix, message.stop - message.start)
  const { nbytes, typename, inline } = message
  transition(s, task, 'memory', { nbytes, typename: intern(s, typename), inline })
}

export function onTaskErred(s: State, worker: WorkerRecord, message: FromWorker['task-erred']): void {
  const task = currentRun(s, worker, message.key, message.run_id)
  if (task === undefined) return
  const { options } = (task.recipe as Recipe).group
  if (message.kind !== 'raised' || task.retried >= (options.retries ?? 0))
    return transition(s, task, 'erred', { error: message.error, attempt: 'ended' })
  task.retried++
  delay(s, task)
  transition(s, task, 'released', { attempt: 'ended' })
}

function delay(s: State, task: Task): void {
  const ms = retryDelay(task)
  if (ms <= 0) return
  s.delayed.set(task, s.now + ms)
  wakeAt(s, s.now + ms)
}

/** It asks to be run elsewhere, and is not remembered where it was. */
export function onReschedule(s: State, worker: WorkerRecord, message: FromWorker['reschedule']): void {
  const task = currentRun(s, worker, message.key, message.run_id)
  if (task !== undefined) transition(s, task, 'released', { attempt: 'withdrawn' })
}

/** Its slot is free, it goes on. */
export function onLongRunning(s: State, worker: WorkerRecord, message: FromWorker['long-running']): void {
  const task = currentRun(s, worker, message.key, message.run_id)
  if (task === undefined || worker.longRunning.has(task)) return
  learnDuration((task.recipe as Recipe).group.prefix, message.compute_duration)
  worker.longRunning.add(task)
  unload(worker, task)
}

/** For the client that asked for it. */
export function onTaskLog(s: State, worker: WorkerRecord, { key, level, text }: FromWorker['task-log']): void {
  const task = s.tasks.get(key)
  if (task?.recipe === undefined || task.processingOn !== worker) return
  const { owner, options } = task.recipe.group
  if (options.logs) toClient(s, owner, { op: 'task-log', key, worker: worker.name, level, text })
}

/** A freed task's thread is free again. */
export function onTaskEnded(_s: State, worker: WorkerRecord, message: FromWorker['task-ended']): void {
  if (worker.ghosts.get(message.key) === message.run_id) worker.ghosts.delete(message.key)
}

/**
 * The task if that run is the one that was asked for last. Whatever else a worker was told to run, it was also told to
 * free; of what it was not, it is told now.
 */
function currentRun(s: State, worker: WorkerRecord, key: Key, runId: number): Task | undefined {
  const task = s.tasks.get(key)
  if (task?.processingOn === worker) return s.runIdOf(task) === runId ? task : undefined
  if (worker.ghosts.get(key) === runId) worker.ghosts.delete(key)
  else if (task === undefined || !holds(worker, task)) freeKey(s, worker, key)
  return undefined
}

function learnDuration(prefix: Prefix, ms: number): void {
  const duration = Math.max(0, ms)
  prefix.durationMs = prefix.durationMs < 0 ? duration : (prefix.durationMs + duration) / 2
}

function intern(s: State, typename: string): string {
  const known = s.typenames.get(typename)
  if (known !== undefined) return known
  if (s.typenames.size < 1000) s.typenames.set(typename, typename)
  return typename
}
