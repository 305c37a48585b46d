/** Root tasks wait in one queue here until a worker has a slot (semantics.md §4.6.2). */
import { compareItem, type MapRecord, makeItem, nextMap } from './maps.js'
import { fits } from './placement.js'
import type { State } from './state.js'
import { isSuspect, type Recipe, type Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** However short the tasks are, no more than this many per thread go ahead. */
const AHEAD_MAX = 256

/** Tasks of that one's kind that the worker may be given now; 0 or less: none. */
export function openSlots(s: State, worker: WorkerRecord, kind: Kind): number {
  if (worker.suspect !== undefined) return 0
  if (isSuspect(kind)) return 1 - worker.busy
  const saturated = Math.max(Math.ceil(s.settings.workerSaturation * worker.nthreads - 1e-9), 1)
  return Math.max(saturated, ahead(s, worker, kind)) - worker.busy
}

/** What matters of a task: how it is made, and who died under it. A map's next item has no task yet. */
type Kind = Pick<Task, 'recipe' | 'deaths'>

/** The same for a task that follows others there: what frees memory comes before new roots. */
export function slotsAhead(s: State, worker: WorkerRecord, task: Kind): number {
  return 2 * openSlots(s, worker, task) + worker.busy
}

/** Tasks known to be short are sent in advance: else a worker would idle for a round trip after each. */
function ahead(s: State, worker: WorkerRecord, task: Kind): number {
  const duration = (task.recipe as Recipe).group.prefix.durationMs
  // One that workers died under goes alone, so that its neighbours are not blamed with it.
  if (duration < 0 || task.deaths !== undefined) return 0
  const perThread = Math.min(AHEAD_MAX, s.settings.prefetchMs / Math.max(duration, 1e-3))
  return Math.floor(worker.nthreads * (1 + perThread))
}

/** Gives out queued tasks, best first, while there are slots. */
export function fillSlots(s: State): void {
  if (s.counts.queued === 0) return s.queue.clear()
  while (startNext(s)) {}
  compact(s)
}

function startNext(s: State): boolean {
  const task = nextQueued(s)
  const map = s.maps.size === 0 ? undefined : nextMap(s)
  if (map !== undefined && (task === undefined || compareItem(map, task) < 0)) return startItem(s, map)
  const worker = task && leastBusy(s, task, task)
  if (task === undefined || worker === undefined) return false
  s.queue.pop()
  transition(s, task, 'processing', { worker })
  return true
}

function startItem(s: State, map: MapRecord): boolean {
  const worker = leastBusy(s, { recipe: map.recipe, deaths: undefined })
  if (worker === undefined) return false
  transition(s, makeItem(s, map, map.next), 'processing', { worker })
  return true
}

function nextQueued(s: State): Task | undefined {
  for (;;) {
    const task = s.queue.peek()
    if (task === undefined || task.state === 'queued') return task
    s.queue.pop()
  }
}

function leastBusy(s: State, kind: Kind, task?: Task): WorkerRecord | undefined {
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (const worker of s.running) {
    if (openSlots(s, worker, kind) <= 0 || (task !== undefined && !fits(task, worker))) continue
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
