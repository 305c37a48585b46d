/** Which ready work is handed over, when, and who has to step back for it. */
import type { Key } from '../../protocol/names.js'
import { Heap } from '../../util/heap.js'
import { withdraw } from './jobs.js'
import type { WorkerState } from './state.js'
import { compareTurn, type Job, type Work } from './task.js'

/** Puts the work of a task that became ready or constrained into its heap. */
export function enqueueWork(state: WorkerState, work: Work): void {
  const heap = work.resources === undefined ? state.ready : constrainedHeap(state, work.resources)
  heap.push(work)
  if (heap.peek() === work) state.overtakeDue = true
}

/** Hands over as much as the executor likes to hold. */
export function startReady(state: WorkerState): void {
  if (state.paused && !mayRunOne(state)) return
  for (;;) {
    const heap = nextHeap(state)
    const work = heap?.peek()
    if (heap === undefined || work === undefined) return
    if (!hasPlace(state, work)) {
      overtake(state, work)
      return
    }
    heap.pop()
    state.move(work.task, 'executing')
    if (state.paused) return
  }
}

/** Memory is full, and this may free some. */
function mayRunOne(state: WorkerState): boolean {
  return state.full !== undefined && !state.pausedByScheduler && state.occupied === 0
}

/** Work with effects or resources never stands behind other work in the executor. */
function hasPlace(state: WorkerState, work: Work): boolean {
  const places = state.appetite
  const limit = work.effect || work.resources !== undefined ? Math.min(places, state.options.nthreads) : places
  return state.occupied < limit
}

/** The heap whose first work comes before all others and could run as far as resources go. */
function nextHeap(state: WorkerState): Heap<Work> | undefined {
  let best = skipVoid(state.ready) === undefined ? undefined : state.ready
  for (const [kind, heap] of state.constrained) {
    const work = skipVoid(heap)
    if (work === undefined) state.constrained.delete(kind)
    else if (fits(state.available, work.resources) && (best === undefined || compareTurn(work, best.peek()!) < 0))
      best = heap
  }
  return best
}

/** The first work that is still to be run; what was dropped or is running is thrown away. */
function skipVoid(heap: Heap<Work>): Work | undefined {
  for (;;) {
    const work = heap.peek()
    if (work === undefined || isReady(work)) return work
    heap.pop()
  }
}

function isReady(work: Work): boolean {
  return work.task.work === work && (work.task.state === 'ready' || work.task.state === 'constrained')
}

function fits(available: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>> = {}): boolean {
  for (const name of Object.keys(wanted)) if ((available[name] ?? 0) < wanted[name]!) return false
  return true
}

/** All places are taken. One that has surely not begun gives way to work of a better generation or urgency. */
function overtake(state: WorkerState, work: Work): void {
  if (!state.overtakeDue || state.occupied <= state.options.nthreads) return
  state.overtakeDue = false
  let last: Job | undefined
  for (const job of state.jobs)
    if (canStepBack(job) && (last === undefined || compareTurn(job.work, last.work) > 0)) last = job
  if (last !== undefined && isMuchBetter(work.priority, last.work.priority)) withdraw(state, last)
}

function canStepBack(job: Job): boolean {
  return job.occupies && !job.dead && !job.withdrawing && !job.claimed
}

/** Not only earlier in the same graph, which is not worth the trouble. */
function isMuchBetter(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < 2; i++) {
    const difference = (a[i] ?? Number.NEGATIVE_INFINITY) - (b[i] ?? Number.NEGATIVE_INFINITY)
    if (difference !== 0 && !Number.isNaN(difference)) return difference < 0
  }
  return false
}

function constrainedHeap(state: WorkerState, resources: Readonly<Record<string, number>>): Heap<Work> {
  const kind = kindOf(resources)
  let heap = state.constrained.get(kind)
  if (heap === undefined) {
    heap = new Heap<Work>(compareTurn)
    state.constrained.set(kind, heap)
  }
  return heap
}

function kindOf(resources: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Milliseconds since each run was handed over, for the heartbeat. */
export function executingAges(state: WorkerState, now: number): Map<Key, number> {
  const ages = new Map<Key, number>()
  for (const { task, since, dead } of state.jobs) if (!dead) ages.set(task.key, Math.max(0, now - since))
  return ages
}
