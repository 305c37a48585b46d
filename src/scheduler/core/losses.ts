/** A worker is gone: what ran there runs elsewhere, what only it had is made again (semantics.md §4.9). */
import { KilledWorkerError } from '../../errors.js'
import { forEach } from './chores.js'
import { toWanters, toWorker } from './outbox.js'
import { forgetCopies, pursueAll } from './replicas.js'
import { countRunning, leaveSteals, removeReplica, type State } from './state.js'
import { comparePriority, type Task } from './task.js'
import { transition } from './transitions/engine.js'
import { recommend } from './transitions/recommend.js'
import type { WorkerRecord } from './worker-record.js'

/** Why a worker is gone. */
export interface Loss {
  readonly reason: string
  /** It was ended for its memory. */
  readonly outgrewMemory?: boolean | undefined
}

/** Its tasks bear blame only if it went unexpectedly. */
export function loseWorker(s: State, worker: WorkerRecord, expected: boolean, loss: Loss): void {
  worker.status = 'closed'
  s.workers.delete(worker.address)
  if (s.names.get(worker.name) === worker) s.names.delete(worker.name)
  s.full.delete(worker)
  countRunning(s)
  tellPeers(s, worker)
  leaveSteals(s, worker)
  leaveGoals(s, worker)
  s.chores.push(loseWork(s, worker, expected, loss))
}

function* loseWork(s: State, worker: WorkerRecord, expected: boolean, how: Loss): Generator<void, void> {
  const unfinished = [...worker.processing.keys()].sort((a, b) => comparePriority(b, a))
  const loss = `its only copy was on ${worker}, which is gone: ${how.reason}`
  yield* forEach(s, worker.hasWhat.drain(), (task) => {
    removeReplica(s, task, worker)
    if (task.whoHas === undefined) loseValue(s, task, loss)
  })
  for (const task of unfinished) if (expected || !mayHaveRun(task)) recommend(s, task, 'released')
  if (!expected) for (const task of unfinished) if (mayHaveRun(task)) blame(s, task, worker, how)
  pursueAll(s)
}

function tellPeers(s: State, gone: WorkerRecord): void {
  for (const peer of s.workers.values()) {
    peer.cutOff.delete(gone.address)
    toWorker(s, peer, { op: 'remove-worker', worker: gone.address, stimulus_id: s.stimulus })
  }
}

function leaveGoals(s: State, worker: WorkerRecord): void {
  for (const goal of s.goals.values()) goal.coming.delete(worker)
  for (const [task, move] of s.moves) if (move.from === worker || move.to === worker) s.moves.delete(task)
}

/** Not if it was sent ahead and waited for an input there. */
function mayHaveRun(task: Task): boolean {
  return task.dependencies.every((input) => input.hasValue)
}

/** No worker has it any more: unless it is kept here, it is made again if it can be and is needed. */
export function loseValue(s: State, task: Task, reason: string): void {
  forgetCopies(s, task)
  if (task.hasValue) return
  const options = task.recipe?.group.options
  if (options === undefined) task.lost = `${task.key} is lost: ${reason}`
  else if (options.effect)
    task.lost = `${task.key} is lost: ${reason}. It has effects, so it is not run again by itself; submit it anew.`
  recommend(s, task, 'released')
}

/**
 * It may be what ended the worker. After too many deaths it ends itself; after the second for memory already, for it ran
 * alone then, and would take as much the next time.
 */
function blame(s: State, task: Task, worker: WorkerRecord, { reason, outgrewMemory = false }: Loss): void {
  const isGuilty = outgrewMemory && task.outgrewMemory
  task.deaths = [...(task.deaths ?? []), worker.address]
  task.outgrewMemory ||= outgrewMemory
  if (isGuilty || task.deaths.length > s.settings.allowedFailures) {
    const error = s.settings.encodeError(
      new KilledWorkerError(task.key, task.deaths, killedText(task.deaths, task, reason)),
    )
    return transition(s, task, 'erred', { error, attempt: 'ended' })
  }
  toWanters(s, task, { op: 'note', code: 'HEDDLE_WORKER_LOST', key: task.key, msg: lostText(s, task, worker, reason) })
  recommend(s, task, 'released')
}

function killedText(deaths: readonly string[], task: Task, reason: string): string {
  return (
    `${task.key} ended ${deaths.length} workers: ${deaths.join(', ')}. The last one: ${reason}. ` +
    'Run it alone on a worker with nthreads: 1 to see which limit it hits.'
  )
}

function lostText(s: State, task: Task, worker: WorkerRecord, reason: string): string {
  const attempt = 1 + task.retried + (task.deaths?.length ?? 0)
  return (
    `${worker} was lost (${reason}) while it had ${task.key}; running it again ` +
    `(death ${task.deaths?.length} of ${s.settings.allowedFailures + 1}, try ${attempt})`
  )
}
