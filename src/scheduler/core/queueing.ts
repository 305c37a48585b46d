/** Root tasks wait in one queue here until a worker has a slot (semantics.md §4.6.2). */
import type { Head } from './fair-queue.js'
import type { MapRecord } from './map-record.js'
import { makeItem } from './maps.js'
import { expectedMs, fits } from './placement.js'
import type { State } from './state.js'
import { isSuspect, type Recipe, type Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** However short the tasks are, no more than this many per thread go ahead. */
const AHEAD_MAX = 256
/** What a start counts at least when clients share, milliseconds. */
const LEAST_MS = 0.01

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
  s.queue.compact(s.counts.queued)
}

/** If the first in turn fits nowhere now, somebody else's may. What a client that is leaving wanted is about to go. */
function startNext(s: State): boolean {
  for (const head of s.queue.heads()) if (!s.leaving.has(head.group.owner) && start(s, head)) return true
  return false
}

function start(s: State, { line, task, map, group }: Head): boolean {
  const worker = leastBusy(s, task ?? { recipe: (map as MapRecord).recipe, deaths: undefined }, task)
  if (worker === undefined) return false
  line.servedMs += Math.max(LEAST_MS, expectedMs(s, group.prefix))
  if (task !== undefined) line.tasks.pop()
  const started = task ?? makeItem(s, map as MapRecord, (map as MapRecord).next)
  transition(s, started, 'processing', { worker })
  return true
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
