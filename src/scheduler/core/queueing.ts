/** Root tasks wait in one queue here until a worker has a slot (semantics.md §4.6.2). */
import type { Line } from './fair-queue.js'
import type { MapRecord } from './map-record.js'
import { makeItem } from './maps.js'
import { expectedMs, fits } from './placement.js'
import { validWorkers } from './restrictions.js'
import type { State } from './state.js'
import { isSuspect, type Recipe, type Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** However short the tasks are, no more than this many per thread go ahead. */
const AHEAD_MAX = 256
/** Shares of resources need not add up exactly. */
const ROUNDING = 1e-9
/** What a start counts at least when clients share, milliseconds. */
const LEAST_MS = 0.01

/** Tasks of that one's kind that the worker may be given now; 0 or less: none. */
export function openSlots(s: State, worker: WorkerRecord, kind: Kind): number {
  if (worker.suspect !== undefined) return 0
  if (isSuspect(kind)) return 1 - worker.busy
  const each = perUnit(s, kind)
  const threads = places(s, worker.nthreads, each) - worker.busy
  const { resources } = (kind.recipe as Recipe).group.options
  return resources === undefined ? threads : Math.min(threads, resourceSlots(s, worker, resources, each))
}

/** What uses up a resource waits for it here, too, and not at the worker, where it would take the place of what does not. */
function resourceSlots(s: State, worker: WorkerRecord, resources: Record<string, number>, each: number): number {
  let slots = Number.POSITIVE_INFINITY
  for (const [name, amount] of Object.entries(resources)) {
    if (amount <= 0) continue
    const units = Math.floor((worker.info.resources[name] ?? 0) / amount + ROUNDING)
    slots = Math.min(slots, places(s, units, each) - (worker.inUse.get(name) ?? 0) / amount)
  }
  return Math.ceil(slots - ROUNDING)
}

/** How many tasks may be where so many can run at a time. */
function places(s: State, units: number, each: number): number {
  return Math.max(
    1,
    Math.ceil(s.settings.workerSaturation * units - ROUNDING),
    each > 0 ? Math.floor(units * (1 + each)) : 0,
  )
}

/** What matters of a task: how it is made, and who died under it. A map's next item has no task yet. */
type Kind = Pick<Task, 'recipe'> & Partial<Pick<Task, 'deaths' | 'outgrewMemory'>>

/** The same for a task that follows others there: what frees memory comes before new roots. */
export function slotsAhead(s: State, worker: WorkerRecord, task: Kind): number {
  return 2 * openSlots(s, worker, task) + worker.busy
}

/** How many tasks known to be short are sent in advance, for each thread: else it would idle for a round trip after each. */
function perUnit(s: State, { recipe, deaths }: Kind): number {
  const duration = (recipe as Recipe).group.prefix.durationMs
  // One that workers died under goes alone, so that its neighbours are not blamed with it.
  if (duration < 0 || deaths !== undefined) return 0
  return Math.min(AHEAD_MAX, s.settings.prefetchMs / Math.max(duration, 1e-3))
}

/** Gives out queued tasks, best first, while there are slots. */
export function fillSlots(s: State): void {
  if (s.counts.queued === 0) return s.queue.clear()
  while (startNext(s)) {}
  s.queue.sweep(s.counts.queued)
}

/** If the first in turn fits nowhere now, that of another line may. What a client that is leaving wanted is about to go. */
function startNext(s: State): boolean {
  for (const line of s.queue.lines()) if (!s.leaving.has(line.group.owner) && start(s, line)) return true
  return false
}

function start(s: State, line: Line): boolean {
  const { task, map } = line
  const worker = leastBusy(s, line)
  if (worker === undefined) return false
  line.share.servedMs += Math.max(LEAST_MS, expectedMs(s, line.recipe.group.prefix))
  if (task !== undefined) line.tasks.pop()
  const started = task ?? makeItem(s, map as MapRecord, (map as MapRecord).next)
  transition(s, started, 'processing', { worker })
  return true
}

function leastBusy(s: State, line: Line): WorkerRecord | undefined {
  const kind = line.task ?? line
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (const worker of placesOf(s, line)) {
    if (openSlots(s, worker, kind) <= 0 || (line.task !== undefined && !fits(line.task, worker))) continue
    const share = worker.busy / worker.nthreads
    if (share < least) {
      best = worker
      least = share
    }
  }
  return best
}

/** Running workers that may run what is in that line. */
export function placesOf(s: State, line: Line): readonly WorkerRecord[] {
  if (line.validOf !== s.running) {
    line.valid = validWorkers(s, line.group)
    line.validOf = s.running
    if (line.valid.length > 0) line.stuckSince = Number.POSITIVE_INFINITY
    else if (line.stuckSince > s.now) {
      line.stuckSince = s.now
      s.isStuck = true
    }
  }
  return line.valid
}
