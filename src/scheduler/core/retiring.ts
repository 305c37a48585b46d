/** A worker is to go: it finishes what it runs, its values move to others, then it is closed (semantics.md §4.9). */

import { countOf, listOf } from '../../util/few.js'
import type { Event } from './events.js'
import { log, toWorker } from './outbox.js'
import { letGo, startMove } from './replicas.js'
import { isMeant } from './restrictions.js'
import { countRunning, type State } from './state.js'
import { stealAll } from './stealing.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** Values on their way at once, for one worker. */
const MOVES_MAX = 1000

export function onRetire(s: State, event: Event & { type: 'retire-workers' }): void {
  for (const worker of s.workers.values())
    if (event.workers.some((name) => isMeant(worker, name)) && !s.retiring.has(worker)) retire(s, worker)
}

function retire(s: State, worker: WorkerRecord): void {
  s.retiring.set(worker, new Set())
  worker.status = 'closing_gracefully'
  countRunning(s)
  toWorker(s, worker, { op: 'worker-status-change', status: 'closing_gracefully', stimulus_id: s.stimulus })
}

/** After each event, while somebody is to go. */
export function goOnRetiring(s: State): void {
  for (const [worker, asked] of s.retiring) {
    if (worker.status === 'closed') s.retiring.delete(worker)
    else if (worker.status !== 'closing') goOn(s, worker, asked)
  }
}

function goOn(s: State, worker: WorkerRecord, asked: Set<Task>): void {
  if (worker.processing.size > 0) return stealAll(s, worker, asked)
  if (worker.hasWhat.size > 0) return moveData(s, worker)
  worker.status = 'closing'
  const reason = 'it was retired, and its data moved away'
  toWorker(s, worker, { op: 'close', reason, stimulus_id: s.stimulus })
  s.out.push({ do: 'close-worker', worker: worker.address, reason })
}

function moveData(s: State, worker: WorkerRecord): void {
  const elsewhere: Task[] = []
  let moving = 0
  for (const task of worker.hasWhat) {
    if (s.moves.has(task)) moving++
    else if (listOf(task.whoHas).some((w) => w.isRunning)) elsewhere.push(task)
    else if (countOf(task.whoHas) >= 1) {
      const to = emptiest(s)
      if (to === undefined) return giveUp(s, worker)
      startMove(s, task, worker, to)
      moving++
    }
    if (moving >= MOVES_MAX || elsewhere.length >= MOVES_MAX) break
  }
  letGo(s, worker, elsewhere)
}

function emptiest(s: State): WorkerRecord | undefined {
  let best: WorkerRecord | undefined
  for (const worker of s.running) if (best === undefined || worker.nbytes < best.nbytes) best = worker
  return best
}

/** Nobody can take its data: it stays. */
function giveUp(s: State, worker: WorkerRecord): void {
  s.retiring.delete(worker)
  worker.status = 'running'
  countRunning(s)
  log(s, 'warn', `${worker} is not retired: no other worker can take the data that only it has`)
  toWorker(s, worker, { op: 'worker-status-change', status: 'running', stimulus_id: s.stimulus })
}
