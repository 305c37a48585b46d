/** What workers say, message by message. */
import type { FromWorker, FromWorkerMessage } from '../../protocol/messages.js'
import type { Address, Key } from '../../protocol/names.js'
import { listOf } from '../../util/few.js'
import { soon } from './chores.js'
import { drop, report } from './direct-data.js'
import type { Event } from './events.js'
import { isExpectedOn } from './expected.js'
import { setFull } from './full-workers.js'
import { holdersOf, log, objectionOf, removeReplicas, toWorker } from './outbox.js'
import { lacks } from './placement.js'
import { relay } from './replicas.js'
import { validWorkers } from './restrictions.js'
import { onLongRunning, onReschedule, onTaskEnded, onTaskErred, onTaskFinished, onTaskLog } from './results.js'
import type { State } from './state.js'
import { onStealResponse } from './stealing.js'
import type { Task } from './task.js'
import { dispatch } from './transitions/dispatch.js'
import { transition } from './transitions/engine.js'
import { recommend } from './transitions/recommend.js'
import type { WorkerRecord } from './worker-record.js'
import { setStatus } from './workers.js'

type Handlers = { [M in FromWorkerMessage as M['op']]: (s: State, worker: WorkerRecord, message: M) => void }

const HANDLERS: Handlers = {
  'task-finished': onTaskFinished,
  'task-erred': onTaskErred,
  'add-keys': onAddKeys,
  'release-worker-data': onReleaseData,
  'long-running': onLongRunning,
  reschedule: onReschedule,
  'steal-response': onStealResponse,
  'request-refresh-who-has': onRefresh,
  'task-log': onTaskLog,
  'task-ended': onTaskEnded,
  'worker-status-change': (s, worker, { status, full }) => {
    // What it says of itself is older than that it was told to retire.
    if (worker.status !== 'closing_gracefully' || status === 'closing') setStatus(s, worker, status)
    setFull(s, worker, full)
  },
}

export function onWorkerMessage(s: State, event: Event & { type: 'worker-message' }): void {
  const worker = s.workers.get(event.worker)
  if (worker === undefined) return
  worker.lastSeen = s.now
  const handler = HANDLERS[event.message.op] as (s: State, worker: WorkerRecord, message: FromWorkerMessage) => void
  handler(s, worker, event.message)
}

/** A worker asks once a second for what it cannot get. */
const ASKS_MAX = 3

function onAddKeys(s: State, worker: WorkerRecord, message: FromWorker['add-keys']): void {
  const { keys, nbytes, hashes, replaces } = message
  const objection = objectionOf(message.stimulus_id)
  if (replaces) worker.reports++
  const holdings = keys.map((key, i) => ({ key, nbytes: nbytes[i] ?? 0, hash: hashes?.[i], replaces, objection }))
  soon(s, holdings, (holding) => {
    worker.asks.delete(holding.key)
    report(s, worker, holding)
  })
}

/** It was deleted or lost there. */
function onReleaseData(s: State, worker: WorkerRecord, { keys }: FromWorker['release-worker-data']): void {
  soon(s, keys, (key) => {
    const task = s.tasks.get(key)
    if (task !== undefined) drop(s, worker, task, `its only copy, on ${worker}, was deleted or could not be kept`)
  })
}

/** Whoever asks for what it does not need any more is told so. */
function onRefresh(s: State, worker: WorkerRecord, { keys }: FromWorker['request-refresh-who-has']): void {
  const holders = new Map<Key, Address[]>()
  const unneeded: Key[] = []
  for (const key of keys) {
    const task = s.tasks.get(key)
    holders.set(key, task === undefined ? [] : holdersOf(task))
    const isHereOnly = task?.inline !== undefined && task.whoHas === undefined
    if (isHereOnly) sendAgain(s, task, worker)
    else if (task?.whoHas !== undefined) countAsk(s, task, worker)
    if (task === undefined || isHereOnly || !isExpectedOn(s, task, worker)) unneeded.push(key)
  }
  toWorker(s, worker, { op: 'refresh-who-has', who_has: holders, stimulus_id: s.stimulus })
  removeReplicas(s, worker, unneeded)
}

/** It asks again and again: it cannot reach those who have it, so somebody else is to fetch it, from whom it can. */
function countAsk(s: State, task: Task, worker: WorkerRecord): void {
  const asks = (worker.asks.get(task.key) ?? 0) + 1
  worker.asks.set(task.key, asks % ASKS_MAX)
  if (asks === ASKS_MAX && !relay(s, task, worker)) moveToHolder(s, task, worker)
}

/** Nobody can fetch it for that one: what waits for it there runs where it is, if that has the other inputs, too. */
function moveToHolder(s: State, task: Task, stranded: WorkerRecord): void {
  for (const waiter of listOf(task.waiters)) {
    if (waiter.processingOn !== stranded) continue
    const holder = validWorkers(s, waiter.recipe?.group).find((w) => w !== stranded && hasInputs(w, waiter))
    if (holder === undefined) continue
    log(
      s,
      'warn',
      `${stranded} cannot get ${task.key}; ${waiter.key} runs on ${holder} instead, which has it`,
      task.key,
    )
    transition(s, waiter, 'released')
    waiter.pending = undefined
    transition(s, waiter, 'waiting')
    waiter.pending = undefined
    if (waiter.state === 'waiting' && waiter.waitingOn === 0) dispatch(s, waiter, holder)
  }
}

function hasInputs(worker: WorkerRecord, task: Task): boolean {
  return !task.dependencies.some((input) => lacks(worker, input))
}

/** The value is here and nowhere else: it can only travel with the tasks that need it. */
function sendAgain(s: State, task: Task, worker: WorkerRecord): void {
  for (const waiter of listOf(task.waiters)) if (waiter.processingOn === worker) recommend(s, waiter, 'waiting')
}
