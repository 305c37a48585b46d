/** Which worker runs a task (semantics.md §4.6, after Dask's worker_objective). */
import { validWorkers } from './restrictions.js'
import { holds, type State } from './state.js'
import { isSuspect, type Prefix, type Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** Milliseconds that a task of that function is expected to compute. */
export function expectedMs(s: State, prefix: Prefix): number {
  if (prefix.durationMs >= 0) return prefix.durationMs
  return prefix.longestSeenMs > 0 ? 2 * prefix.longestSeenMs : s.settings.defaultTaskDurationMs
}

/** Milliseconds of one thread's work, and of transfers, that a worker has before it. */
export function occupancyMs(s: State, worker: WorkerRecord): number {
  let ms = transferMs(s, worker.bytesToFetch) + worker.stealingMs
  for (const [prefix, count] of worker.load) ms += count * expectedMs(s, prefix)
  return Math.max(0, ms)
}

export function transferMs(s: State, bytes: number): number {
  return (bytes / s.bandwidth) * 1000
}

/** The worker would have to fetch that input: it is not there, and does not go along. */
export function lacks(worker: WorkerRecord, input: Task): boolean {
  return input.inline === undefined && !holds(worker, input)
}

/** Bytes of inputs that the worker would have to fetch; inline ones travel with the task. */
export function missingBytes(task: Task, worker: WorkerRecord): number {
  let bytes = 0
  for (const input of task.dependencies) if (lacks(worker, input)) bytes += Math.max(0, input.nbytes)
  return bytes
}

export function inputBytes(task: Task): number {
  let bytes = 0
  for (const input of task.dependencies) bytes += Math.max(0, input.nbytes)
  return bytes
}

/** Whether all inputs together would fit into its memory at all. */
export function fits(task: Task, worker: WorkerRecord): boolean {
  const limit = worker.info.memory_limit
  return limit === null || task.dependencies.length === 0 || inputBytes(task) <= limit
}

/** Roots of a large computation wait here and not on workers, so that what follows them can run first (semantics.md §4.6.2). */
export function isRootish(s: State, task: Task): boolean {
  const group = task.recipe?.group
  if (group === undefined || s.settings.workerSaturation === Number.POSITIVE_INFINITY) return false
  if (task.dependencies.length === 0 || isSuspect(task)) return true
  return group.inputs < 5 && group.size > 2 * s.threads
}

/** The worker that would finish it first, or undefined if none may run it. */
export function chooseWorker(s: State, task: Task, except?: WorkerRecord): WorkerRecord | undefined {
  const valid = validWorkers(s, task.recipe?.group).filter((w) => w !== except && fits(task, w))
  const holders = valid.filter((w) => task.dependencies.some((input) => holds(w, input)))
  return bestOf(s, task, holders.length > 0 ? holders : valid)
}

/** Starts at another one each time, so that ties go round. */
function bestOf(s: State, task: Task, candidates: readonly WorkerRecord[]): WorkerRecord | undefined {
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < candidates.length; i++) {
    const worker = candidates[(i + s.runs) % candidates.length] as WorkerRecord
    const cost = startMs(s, task, worker)
    if (cost < least || (cost === least && best && worker.nbytes < best.nbytes)) {
      best = worker
      least = cost
    }
  }
  return best
}

/** Milliseconds until the worker could start it. */
export function startMs(s: State, task: Task, worker: WorkerRecord): number {
  return occupancyMs(s, worker) / worker.nthreads + transferMs(s, missingBytes(task, worker))
}
