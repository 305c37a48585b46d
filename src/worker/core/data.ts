/** Values that come and go by other hands than the executor's: peers, callers of update_data and delete_data, the disk. */
import type { Key } from '../../protocol/names.js'
import type { Event } from './events.js'
import { endGather, markBusy } from './fetching.js'
import { dropHolder, forgetPeer } from './holders.js'
import { killJob } from './jobs.js'
import { afterBusy, evict, resettle } from './release.js'
import { answerWork, reportReplaced } from './reports.js'
import type { WorkerState } from './state.js'
import type { Task } from './task.js'

/** A peer has answered, or could not. */
export function onGathered(state: WorkerState, event: Extract<Event, { type: 'gathered' }>): void {
  state.detail = event.id
  const gather = state.gathers.get(event.id)
  if (gather === undefined) {
    state.log('warn', `an answer of ${event.peer} to a question that was not asked`)
    return
  }
  const { outcome } = event
  endGather(state, gather)
  if (outcome.status === 'busy') markBusy(state, gather.peer)
  if (outcome.status === 'failed') forgetPeer(state, gather.peer)
  for (const task of gather.tasks) {
    const nbytes = outcome.status === 'ok' ? outcome.keys.get(task.key) : undefined
    if (outcome.status === 'ok' && nbytes === undefined) dropHolder(state, task, gather.peer)
    arrive(state, task, nbytes)
  }
}

/** A value arrived that is of use, or not, or did not arrive. */
function arrive(state: WorkerState, task: Task, nbytes: number | undefined): void {
  const isUseful = nbytes !== undefined && isAwaited(task)
  task.arrivalVoid = false
  if (isUseful) {
    keep(state, task, nbytes)
    return
  }
  if (nbytes !== undefined && !task.stored) state.drops.push(task.key)
  if (task.state === 'flight') state.seek(task)
  else afterBusy(state, task)
}

/** What a gather brings for this key is to be kept. */
export function isAwaited(task: Task): boolean {
  if (task.stored || task.arrivalVoid) return false
  return task.state === 'flight' || (task.state === 'resumed' && task.job === undefined)
}

/** The value was fetched; if it was to be computed since, that is done with it. */
function keep(state: WorkerState, task: Task, nbytes: number): void {
  const work = task.work
  task.nbytes = nbytes
  state.move(task, 'memory')
  if (work === undefined) state.arrived.push(task)
  else answerWork(state, task, work)
}

/** Somebody's value is what holds from now on; a run of the key is stopped and its result dropped. */
export function onPut(state: WorkerState, event: Extract<Event, { type: 'put' }>): void {
  for (const [key, nbytes] of event.keys) put(state, state.task(key), nbytes)
  if (event.report) reportReplaced(state, event.keys, event.hashes)
}

function put(state: WorkerState, task: Task, nbytes: number): void {
  const { work, job } = task
  if (job !== undefined) killJob(state, job)
  task.nbytes = nbytes
  task.result = undefined
  if (task.state !== 'memory') state.move(task, 'memory')
  if (work !== undefined) answerWork(state, task, work)
}

/** Somebody took these away. */
export function onDelete(state: WorkerState, event: Extract<Event, { type: 'delete' }>): void {
  lose(state, event.keys, event.report)
}

/** The store could not keep these. */
export function onValueLost(state: WorkerState, event: Extract<Event, { type: 'value-lost' }>): void {
  state.log('warn', `${event.keys.length} values were lost: ${event.reason}`, event.keys[0])
  lose(state, event.keys, true)
}

function lose(state: WorkerState, keys: readonly Key[], report: boolean): void {
  const lost = keys.filter((key) => state.tasks.get(key)?.stored)
  for (const key of lost) {
    state.reported.delete(key)
    evict(state, state.tasks.get(key)!)
  }
  if (report && lost.length > 0) state.send({ op: 'release-worker-data', keys: lost, stimulus_id: state.stimulus })
  for (const key of lost) {
    const task = state.tasks.get(key)
    if (task !== undefined) resettle(state, task)
  }
}
