/** Work moves from busy workers to idle ones, if its inputs are cheap to move (semantics.md §4.8). */
import type { FromWorker } from '../../protocol/messages.js'
import { toWorker } from './outbox.js'
import { expectedMs, inputBytes, missingBytes, occupancyMs, transferMs } from './placement.js'
import { validWorkers } from './restrictions.js'
import { forgetSteal, type State } from './state.js'
import { comparePriority, type Recipe, type Task } from './task.js'
import { dispatch } from './transitions/dispatch.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** What a move costs beside the transfer. */
const LATENCY_MS = 100
/** Shorter tasks are never worth it. */
const SHORTEST_MS = 1

/** Looks for victims now and then. Gives the time of the next look. */
export function stealAtTimes(s: State): number {
  if (s.settings.stealIntervalMs === 0 || s.counts.processing === 0 || s.workers.size < 2)
    return Number.POSITIVE_INFINITY
  if (s.now < s.stealAt) return s.stealAt
  s.stealAt = s.now + s.settings.stealIntervalMs
  balance(s)
  return s.stealAt
}

/** Asks victims for tasks that idle workers would have done earlier. */
export function balance(s: State): void {
  const idle = s.running.filter((w) => isIdle(w))
  if (idle.length === 0 || idle.length === s.workers.size) return
  const victims = [...s.workers.values()].filter((w) => w.busy > w.nthreads)
  victims.sort((a, b) => occupancyMs(s, b) - occupancyMs(s, a))
  for (const victim of victims) for (const task of stealable(s, victim)) offer(s, victim, task, idle)
}

function isIdle(worker: WorkerRecord): boolean {
  return worker.busy < worker.nthreads && worker.stealingMs <= 0
}

/** Cheapest to move in relation to its work first; of those, what would run last. */
function stealable(s: State, victim: WorkerRecord): Task[] {
  const found: { task: Task; ratio: number }[] = []
  for (const task of victim.processing.keys()) {
    if (s.steals.has(task) || victim.longRunning.has(task) || victim.executing.has(task.key)) continue
    const ratio = costRatio(s, task)
    if (ratio !== undefined) found.push({ task, ratio })
  }
  return found.sort((a, b) => a.ratio - b.ratio || comparePriority(b.task, a.task)).map(({ task }) => task)
}

/** Level of the cost to move against the work: `undefined` means never. */
function costRatio(s: State, task: Task): number | undefined {
  if (task.dependencies.some((input) => !input.hasValue)) return undefined
  const duration = expectedMs(s, (task.recipe as Recipe).group.prefix)
  if (duration < SHORTEST_MS) return undefined
  if (task.dependencies.length === 0) return 0
  const ratio = (transferMs(s, inputBytes(task)) + LATENCY_MS) / duration
  const level = Math.round(Math.log2(ratio) + 6)
  return level > 14 ? undefined : Math.max(1, level)
}

function offer(s: State, victim: WorkerRecord, task: Task, idle: readonly WorkerRecord[]): void {
  const able = new Set(validWorkers(s, task))
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (const thief of idle) {
    if (!able.has(thief) || !isIdle(thief)) continue
    const ms = occupancyMs(s, thief) + transferMs(s, missingBytes(task, thief))
    if (ms < least) {
      best = thief
      least = ms
    }
  }
  if (best !== undefined && pays(s, victim, best, task)) ask(s, victim, best, task)
}

function pays(s: State, victim: WorkerRecord, thief: WorkerRecord, task: Task): boolean {
  const compute = expectedMs(s, (task.recipe as Recipe).group.prefix)
  const there = transferMs(s, missingBytes(task, thief)) + (task.dependencies.length === 0 ? 0 : LATENCY_MS)
  const here = transferMs(s, missingBytes(task, victim))
  return occupancyMs(s, thief) + there + compute <= occupancyMs(s, victim) - (here + compute) / 2
}

/** Asks for all that has not begun there; anybody may have it. */
export function stealAll(s: State, victim: WorkerRecord, asked: Set<Task>): void {
  for (const task of victim.processing.keys()) {
    if (asked.has(task) || s.steals.has(task) || victim.longRunning.has(task)) continue
    asked.add(task)
    ask(s, victim, undefined, task)
  }
}

function ask(s: State, victim: WorkerRecord, thief: WorkerRecord | undefined, task: Task): void {
  const costMs = expectedMs(s, (task.recipe as Recipe).group.prefix)
  victim.stealingMs -= costMs
  if (thief !== undefined) thief.stealingMs += costMs
  s.steals.set(task, { task, victim, thief, stimulus: s.stimulus, costMs })
  toWorker(s, victim, { op: 'steal-request', key: task.key, stimulus_id: s.stimulus })
}

/** Only the answer to the question that is open counts. */
export function onStealResponse(s: State, worker: WorkerRecord, message: FromWorker['steal-response']): void {
  const task = s.tasks.get(message.key)
  const steal = task && s.steals.get(task)
  if (task === undefined || steal?.victim !== worker || steal.stimulus !== message.stimulus_id) return
  forgetSteal(s, task)
  const { state } = message
  if (state === null) return transition(s, task, 'released', { attempt: 'withdrawn' })
  if (state !== 'ready' && state !== 'constrained' && state !== 'waiting') return
  handOver(s, task, steal.thief)
}

/** The victim has let go of it. */
function handOver(s: State, task: Task, thief: WorkerRecord | undefined): void {
  if (thief === undefined || !validWorkers(s, task).includes(thief))
    return transition(s, task, 'released', { attempt: 'withdrawn' })
  transition(s, task, 'released', { attempt: 'withdrawn' })
  task.pending = undefined
  transition(s, task, 'waiting')
  task.pending = undefined
  if (task.state === 'waiting' && task.waitingOn === 0) dispatch(s, task, thief)
}
