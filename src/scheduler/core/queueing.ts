/** Root tasks wait in one queue here until a worker has a slot (semantics.md §4.6.2). */
import { fits } from './placement.js'
import type { State } from './state.js'
import type { Recipe, Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** However short the tasks are, no more than this many per thread go ahead. */
const AHEAD_MAX = 256

/** Tasks of that one's kind that the worker may be given now; 0 or less: none. */
export function openSlots(s: State, worker: WorkerRecord, task: Task): number {
  const saturated = Math.max(Math.ceil(s.settings.workerSaturation * worker.nthreads - 1e-9), 1)
  return Math.max(saturated, ahead(s, worker, task)) - worker.busy
}

/** The same for a task that follows others there: what frees memory comes before new roots. */
export function slotsAhead(s: State, worker: WorkerRecord, task: Task): number {
  return 2 * openSlots(s, worker, task) + worker.busy
}

/** Tasks known to be short are sent in advance: else a worker would idle for a round trip after each. */
function ahead(s: State, worker: WorkerRecord, task: Task): number {
  const duration = (task.recipe as Recipe).group.prefix.durationMs
  // One that workers died under goes alone, so that its neighbours are not blamed with it.
  if (duration < 0 || task.deaths !== undefined) return 0
  const perThread = Math.min(AHEAD_MAX, s.settings.prefetchMs / Math.max(duration, 1e-3))
  return Math.floor(worker.nthreads * (1 + perThread))
}

/** Gives out queued tasks, best first, while there are slots. */
export function fillSlots(s: State): void {
  for (;;) {
    const task = nextQueued(s)
    const worker = task && leastBusy(s, task)
    if (task === undefined || worker === undefined) break
    s.queue.pop()
    transition(s, task, 'processing', { worker })
  }
  compact(s)
}

function nextQueued(s: State): Task | undefined {
  for (;;) {
    const task = s.queue.peek()
    if (task === undefined || task.state === 'queued') return task
    s.queue.pop()
  }
}

function leastBusy(s: State, task: Task): WorkerRecord | undefined {
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (const worker of s.running) {
    if (openSlots(s, worker, task) <= 0 || !fits(task, worker)) continue
    const share = worker.busy / worker.nthreads
    if (share < least) {
      best = worker
      least = share
    }
  }
  return best
}

/** Tasks that left the queue by another way stay in the heap until their turn; not too many of them. */
function compact(s: State): void {
  if (s.queue.size > 2 * s.counts.queued + 1000) s.queue.retain((task) => task.state === 'queued')
}
