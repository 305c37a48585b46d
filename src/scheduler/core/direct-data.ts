/** Values that came or went by other hands than the scheduler's: put, computed, fetched or deleted on workers directly. */
import type { ClientId, Key } from '../../protocol/names.js'
import { listOf } from '../../util/few.js'
import { soon } from './chores.js'
import { ClientRecord, DIRECT } from './client-record.js'
import type { Event } from './events.js'
import { isExpectedOn } from './expected.js'
import { loseValue } from './losses.js'
import { findTask } from './maps.js'
import { freeKey, removeReplicas } from './outbox.js'
import { copyArrived, copyRefused } from './replicas.js'
import { addReplica, addTask, addWant, holds, removeReplica, removeWant, type State } from './state.js'
import { isUnneeded, type Task } from './task.js'
import { transition } from './transitions/engine.js'
import { recommend } from './transitions/recommend.js'
import { releaseIfUnneeded } from './transitions/release.js'
import type { WorkerRecord } from './worker-record.js'

/** What is said of one key that a worker has. */
export interface Holding {
  readonly key: Key
  readonly nbytes: number
  /** A new value: copies elsewhere are void. */
  readonly replaces?: boolean | undefined
  /** Of its content. */
  readonly hash?: string | undefined
  /** Who wants it from now on; default `direct`. */
  readonly client?: ClientId | undefined
  /** The worker was told to remove it and says that it needs it. */
  readonly objection?: 'first' | 'second' | undefined
}

export function onKeysAdded(s: State, event: Event & { type: 'keys-added' }): void {
  const worker = s.workers.get(event.worker)
  if (worker === undefined) return
  const { client, replaces } = event
  soon(s, [...event.keys], ([key, nbytes]) => put(s, worker, { key, nbytes, client, replaces }))
}

/** What a worker brings along when it registers. */
export function holdAtStart(s: State, worker: WorkerRecord): void {
  soon(s, [...worker.info.holds], ([key, { nbytes, hash }]) => hold(s, worker, { key, nbytes, hash }))
}

function hold(s: State, worker: WorkerRecord, holding: Holding & { hash: string }): void {
  const { key, nbytes, hash } = holding
  const task = findTask(s, key)
  const known = s.hashes.get(key)
  if (task === undefined || (task.recipe === undefined && (known === undefined || known === hash)))
    put(s, worker, holding)
  else if (task.recipe !== undefined && task.state === 'memory') addReplica(s, task, worker, nbytes)
  else freeKey(s, worker, key)
}

/** A worker says that it has the key now. */
export function report(s: State, worker: WorkerRecord, holding: Holding): void {
  const task = findTask(s, holding.key)
  if (task === undefined) {
    // A copy of something that is gone meanwhile; a Center makes a note of all, and so must we if it is insisted on.
    if (holding.replaces || holding.objection === 'second' || s.settings.role === 'center') put(s, worker, holding)
    else removeReplicas(s, worker, [holding.key], holding.objection !== undefined)
  } else if (holding.replaces) put(s, worker, holding)
  else if (task.state === 'memory') addCopy(s, task, worker, holding.nbytes)
  else if (holding.objection !== 'second' && task.processingOn !== worker)
    removeReplicas(s, worker, [holding.key], holding.objection !== undefined)
}

function addCopy(s: State, task: Task, worker: WorkerRecord, nbytes: number): void {
  if (worker.outdated.delete(task)) {
    freeKey(s, worker, task.key)
    return copyRefused(s, task, worker)
  }
  addReplica(s, task, worker, nbytes)
  copyArrived(s, task, worker)
}

/** Pure data from now on, unless a graph owns the key: that is not overwritten. */
function put(s: State, worker: WorkerRecord, holding: Holding): void {
  const { key, nbytes } = holding
  const task = findTask(s, key) ?? addTask(s, key, undefined, 0, 0)
  if (task.recipe !== undefined) return refuse(s, worker, task)
  addWant(task, wanter(s, holding.client))
  if (holding.hash !== undefined && holding.hash !== '') s.hashes.set(key, holding.hash)
  else if (holding.replaces) s.hashes.delete(key)
  if (holding.replaces) voidCopies(s, task, worker)
  if (task.state === 'memory') addReplica(s, task, worker, nbytes)
  else transition(s, task, 'memory', { worker, nbytes })
}

/** Also those that are on their way. */
function voidCopies(s: State, task: Task, source: WorkerRecord): void {
  for (const other of listOf(task.whoHas)) if (other !== source) dropCopy(s, task, other)
  for (const other of s.workers.values()) if (other !== source && isExpectedOn(s, task, other)) other.outdated.add(task)
  source.outdated.delete(task)
}

function dropCopy(s: State, task: Task, holder: WorkerRecord): void {
  removeReplica(s, task, holder)
  freeKey(s, holder, task.key)
}

/** What that worker has under this key is not the graph's value any more. */
function refuse(s: State, worker: WorkerRecord, task: Task): void {
  if (task.processingOn === worker) return
  freeKey(s, worker, task.key)
  drop(s, worker, task, `it was overwritten on ${worker}`)
}

function wanter(s: State, id: ClientId | undefined): ClientRecord {
  const named = id === undefined ? undefined : s.clients.get(id)
  if (named !== undefined) return named
  const direct = s.clients.get(DIRECT) ?? new ClientRecord(DIRECT, true)
  s.clients.set(DIRECT, direct)
  return direct
}

/** The worker does not have it any more. */
export function drop(s: State, worker: WorkerRecord, task: Task, reason: string): void {
  if (!holds(worker, task)) return
  removeReplica(s, task, worker)
  if (task.whoHas === undefined) loseValue(s, task, reason)
}

/** Deleted everywhere: whoever put it there does not want it any more; for a client that still does, it is lost. */
export function onKeysDeleted(s: State, { keys }: Event & { type: 'keys-deleted' }): void {
  soon(s, keys, (key) => deleteKey(s, key))
}

function deleteKey(s: State, key: Key): void {
  const task = s.tasks.get(key)
  if (task === undefined || task.recipe !== undefined) return
  const direct = s.clients.get(DIRECT)
  if (direct !== undefined) removeWant(task, direct)
  if (isUnneeded(task)) return releaseIfUnneeded(s, task)
  task.lost = `${key} was deleted`
  recommend(s, task, 'released')
}
