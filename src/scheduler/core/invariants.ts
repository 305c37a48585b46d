/** One line per row of semantics.md §4.2: what is wrong with a task, or undefined. Then what holds for all together. */
import { InvariantError } from '../../errors.js'
import { countOf, hasItem, listOf } from '../../util/few.js'
import { TASK_BYTES } from '../../util/submission-bytes.js'
import { SharedValue } from '../../values/tiny-values.js'
import type { ClientRecord } from './client-record.js'
import { occupancyMs } from './placement.js'
import type { State } from './state.js'
import { IS_UNENDED, missingInputs, type Recipe, type Task, type TaskState } from './task.js'
import type { WorkerRecord } from './worker-record.js'

type Check = (task: Task, s: State) => string | undefined

const INVARIANTS: Record<TaskState, Check> = {
  released: (t) => valueless(t) ?? (t.waitingOn > 0 ? 'released, but waiting' : undefined),
  waiting: (t) => valueless(t) ?? waitsRightly(t),
  queued: (t) => valueless(t) ?? runnable(t),
  'no-worker': (t, s) => valueless(t) ?? runnable(t) ?? (s.noWorker.has(t) ? undefined : 'without worker, not listed'),
  processing: (t) => valueless(t) ?? (t.processingOn?.processing.has(t) ? undefined : 'its worker does not list it'),
  memory: (t) => (t.hasValue ? undefined : 'in memory nowhere'),
  erred: (t) => valueless(t) ?? (t.blame === undefined ? 'erred without blame' : undefined),
  forgotten: () => 'forgotten, but still known',
}

/** @throws InvariantError with the story of the first task that is not as it should be. */
export function assertTouchedValid(s: State): void {
  const later = new Set(s.later)
  for (const task of s.touched) {
    // It is looked at when its time comes.
    if (later.has(task)) continue
    const reason = task.state === 'forgotten' ? goneReason(s, task) : taskReason(s, task)
    if (reason !== undefined) throw new InvariantError(task.key, reason, s.story.of(task.key))
  }
  s.touched.clear()
}

/** @throws InvariantError on anything that does not hold, anywhere. Costs time: for tests and simulation. */
export function assertAllValid(s: State): void {
  for (const task of s.tasks.values()) s.touched.add(task)
  assertTouchedValid(s)
  const reason =
    countsReason(s) ??
    loadReason(s) ??
    inlineReason(s) ??
    [...s.workers.values()].map((w) => workerReason(s, w)).find((r) => r !== undefined)
  if (reason !== undefined) throw new InvariantError('scheduler', reason)
}

function taskReason(s: State, task: Task): string | undefined {
  if (s.tasks.get(task.key) !== task) return 'not what its key stands for'
  return INVARIANTS[task.state](task, s) ?? pendingReason(task) ?? mirrorReason(s, task)
}

function valueless(t: Task): string | undefined {
  if (t.hasValue) return `${t.state}, but has a value`
  return t.state === 'processing' || !t.processingOn ? undefined : `${t.state}, but dispatched`
}

function waitsRightly(t: Task): string | undefined {
  if (t.waitingOn === 0) return 'waiting for nothing'
  const missing = missingInputs(t)
  return missing === t.waitingOn ? undefined : `waits for ${t.waitingOn}, but ${missing} inputs have no value`
}

function runnable(t: Task): string | undefined {
  const missing = t.dependencies.find((input) => !input.hasValue)
  return missing === undefined ? undefined : `${t.state}, but ${missing.key} has no value`
}

function pendingReason(t: Task): string | undefined {
  return t.pending === undefined ? undefined : `${t.pending} was recommended and not done`
}

function mirrorReason(s: State, t: Task): string | undefined {
  for (const input of t.dependencies) if (!hasItem(input.dependents, t)) return `${input.key} does not know it`
  for (const other of listOf(t.dependents)) if (!other.dependencies.includes(t)) return `no input of ${other.key}`
  for (const waiter of listOf(t.waiters))
    if (!hasItem(t.dependents, waiter)) return `${waiter.key} waits, but needs it not`
  for (const client of listOf(t.whoWants)) if (!client.wants.has(t)) return `${client.id} does not want it`
  for (const worker of listOf(t.whoHas)) if (!worker.hasWhat.has(t)) return `${worker} does not have it`
  if (s.replicated.has(t) !== countOf(t.whoHas) > 1) return 'copies counted wrongly'
  if (t.state !== 'erred' && t.blame) return `${t.state}, but blamed on ${t.blame.key}`
  if (t.state !== 'processing' && s.steals.has(t)) return 'to be stolen, but not processing'
  return isBeingTakenIn(s, t) ? undefined : neededReason(t)
}

/** A part of a graph that is not whole yet: what needs it may still come. */
function isBeingTakenIn(s: State, t: Task): boolean {
  if (t.state !== 'released') return false
  return s.leaving.size > 0 || [...s.clients.values()].some((client) => client.job !== undefined)
}

/** What nobody needs is let go. */
function neededReason(t: Task): string | undefined {
  if (t.whoWants !== undefined || t.waiters !== undefined) return undefined
  if (t.dependents === undefined) return 'nobody needs it, yet it is known'
  return t.state === 'released' || t.state === 'erred' ? undefined : `${t.state}, but nobody needs it`
}

function goneReason(s: State, t: Task): string | undefined {
  if (s.tasks.get(t.key) === t) return 'forgotten, but still known'
  return t.whoWants || t.whoHas || t.dependents ? 'forgotten, but still linked' : undefined
}

function inlineReason(s: State): string | undefined {
  let bytes = 0
  for (const { inline } of s.tasks.values())
    if (inline !== undefined && !(inline instanceof SharedValue)) bytes += inline.size
  return bytes === s.inline.bytes ? undefined : `${bytes} bytes of results are kept, ${s.inline.bytes} are counted`
}

function countsReason(s: State): string | undefined {
  const counts: Record<string, number> = {}
  for (const task of s.tasks.values()) counts[task.state] = (counts[task.state] ?? 0) + 1
  for (const map of s.tasks.openMaps()) counts.queued = (counts.queued ?? 0) + [...map.rest()].length
  for (const [state, n] of Object.entries(s.counts))
    if ((counts[state] ?? 0) !== n) return `${n} tasks counted as ${state}, but there are ${counts[state] ?? 0}`
  return undefined
}

function loadReason(s: State): string | undefined {
  const loads = new Map<ClientRecord, number>()
  const add = (recipe: Recipe, bytes: number) => {
    const { owner } = recipe.group
    loads.set(owner, (loads.get(owner) ?? 0) + bytes)
  }
  for (const { recipe, state } of s.tasks.values())
    if (recipe !== undefined && IS_UNENDED[state]) add(recipe, TASK_BYTES + recipe.argBytes)
  for (const { recipe, left } of s.tasks.openMaps()) add(recipe, recipe.argBytes * left)
  for (const client of s.clients.values()) {
    const bytes = loads.get(client) ?? 0
    if (bytes !== client.load) return `the tasks of ${client.id} take ${bytes} bytes, not ${client.load}`
  }
  return undefined
}

function workerReason(s: State, w: WorkerRecord): string | undefined {
  for (const task of w.processing.keys())
    if (task.processingOn !== w) return `${w} lists ${task.key}, which is not there`
  let nbytes = 0
  for (const task of w.hasWhat) {
    if (!hasItem(task.whoHas, w)) return `${w} lists ${task.key}, which is not its holder`
    nbytes += Math.max(0, task.nbytes)
  }
  if (Math.abs(nbytes - w.nbytes) > 1e-3) return `${w} holds ${nbytes} bytes, not ${w.nbytes}`
  if (s.steals.size === 0 && Math.abs(w.stealingMs) > 1e-3) return `${w}: no steals, but ${w.stealingMs} ms of them`
  return occupancyMs(s, w) >= 0 ? undefined : `${w}: negative occupancy`
}
