/**
 * Workers whose memory is full and which can write nothing to disk. What has its inputs there is run there all the same,
 * one task at a time, as far as there is room: it may be what lets results go. What becomes of the rest: `hopeless.ts`.
 */
import type { Full } from '../../protocol/messages.js'
import { listOf } from '../../util/few.js'
import { lacks } from './placement.js'
import { couldRun } from './restrictions.js'
import type { State } from './state.js'
import { isSuspect, type Task, type TaskGroup } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** So many values of a full worker are looked at for one whose user could run. */
const LOOKS = 1000

/** As the worker says; undefined: things can leave its memory, or it has room. */
export function setFull(s: State, worker: WorkerRecord, full: Full | undefined): void {
  if (full === undefined) return void s.full.delete(worker)
  const { idleSince = s.now, nbytes = worker.nbytes } = s.full.get(worker) ?? {}
  s.full.set(worker, { ...full, idleSince, nbytes })
}

/** After each event: whoever is idle is given what can run there. */
export function useFull(s: State): void {
  for (const [worker, full] of s.full) {
    const task = worker.status === 'paused' && worker.busy === 0 ? nextTask(worker, full.room) : undefined
    if (task !== undefined) transition(s, task, 'processing', { worker })
    // What was let go may have made room, which it has yet to say.
    if (worker.busy > 0 || worker.nbytes < full.nbytes) full.idleSince = s.now
    full.nbytes = worker.nbytes
  }
}

/** One after which an input can go, if there is one. */
function nextTask(worker: WorkerRecord, room: number): Task | undefined {
  let looks = LOOKS
  let found: Task | undefined
  for (const value of worker.hasWhat)
    for (const task of waitersOf(value)) {
      if (looks-- === 0) return found
      if (!canRun(worker, task, room)) continue
      if (value.whoWants === undefined && !(value.waiters instanceof Set)) return task
      found ??= task
    }
  return found
}

/** There may be very many: they are not copied. */
function waitersOf({ waiters }: Task): Iterable<Task> {
  return waiters instanceof Set ? waiters : listOf(waiters)
}

/** It waits for a worker, all its inputs are here, and a result as large as the largest of them fits. */
function canRun(worker: WorkerRecord, task: Task, room: number): boolean {
  if ((task.state !== 'no-worker' && task.state !== 'queued') || isSuspect(task)) return false
  if (!couldRun(worker, task.recipe?.group)) return false
  return task.dependencies.every(
    (input) => !lacks(worker, input) && (input.inline !== undefined || input.nbytes <= room),
  )
}

/** All that could run it are full. */
export function areFull(s: State, group: TaskGroup | undefined): boolean {
  const meant = meantOf(s, group)
  return meant.length > 0 && meant.every((worker) => s.full.has(worker))
}

/** And idle, since then; undefined: something may yet let results go, or others may run it. */
export function hopelessSince(s: State, group: TaskGroup | undefined): number | undefined {
  if (!areFull(s, group)) return undefined
  const meant = meantOf(s, group)
  if (meant.some((worker) => worker.busy > 0)) return undefined
  return Math.max(...meant.map((worker) => s.full.get(worker)?.idleSince ?? 0))
}

/** Who could run it, but for those that are going. */
function meantOf(s: State, group: TaskGroup | undefined): WorkerRecord[] {
  return [...s.workers.values()].filter((w) => couldRun(w, group) && (w.status === 'running' || w.status === 'paused'))
}

/** The workers that it waits for, and why nothing can leave their memory. */
export function describeFull(s: State, group: TaskGroup | undefined): { where: string; reason: string } {
  const [first, second, ...others] = meantOf(s, group)
  const rest = others.length > 0 ? ` and ${others.length + 1} others` : second === undefined ? '' : ` and of ${second}`
  return { where: `${first}${rest}`, reason: (first && s.full.get(first)?.reason) ?? '' }
}
