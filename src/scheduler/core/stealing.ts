/** Work moves from busy workers to idle ones, if its inputs are cheap to move (semantics.md §4.8). */
import type { FromWorker } from '../../protocol/messages.js'
import { toWorker } from './outbox.js'
import { expectedMs, fits, inputBytes, missingBytes, occupancyMs, transferMs } from './placement.js'
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

/** Those of a victim that would run last; the others stay out of sight. */
const LOOKS = 4096
/** Questions of one look: a victim has to answer each. */
const ASKS_MAX = 256
/** So many in a row that would gain nothing: the rest, which costs more to move, will not either. */
const MISSES_MAX = 32
/** A worker that becomes idle is looked after sooner than the interval says, but not more often than this part of it. */
const SOONER = 10

/** Looks for victims now and then. Gives the time of the next look. */
export function stealAtTimes(s: State): number {
  if (!isPossible(s)) return Number.POSITIVE_INFINITY
  if (s.now < s.stealAt) return s.stealAt
  s.balancedAt = s.now
  s.stealAt = s.now + s.settings.stealIntervalMs
  balance(s)
  return s.stealAt
}

/** When to look, after this event. Infinity: there is nothing to steal. */
export function nextLook(s: State): number {
  if (!isPossible(s)) return Number.POSITIVE_INFINITY
  const interval = s.settings.stealIntervalMs
  if (s.stealAt <= s.now) s.stealAt = s.now + interval
  const worker = s.workers.get(s.cause.who)
  if (worker?.isRunning && worker.busy < worker.nthreads)
    s.stealAt = Math.min(s.stealAt, Math.max(s.now, s.balancedAt + interval / SOONER))
  return s.stealAt
}

function isPossible(s: State): boolean {
  return s.settings.stealIntervalMs > 0 && s.counts.processing > 0 && s.workers.size > 1
}

/** Asks victims for tasks that idle workers would have done earlier. */
export function balance(s: State): void {
  const mean = s.running.reduce((ms, w) => ms + occupancyMs(s, w), 0) / Math.max(1, s.threads)
  const thieves = s.running.filter((w) => w.busy < w.nthreads || loadMs(s, w) < mean / 2)
  if (thieves.length === 0) return
  const victims = [...s.workers.values()].filter((w) => w.busy > w.nthreads && loadMs(s, w) >= mean)
  victims.sort((a, b) => loadMs(s, b) - loadMs(s, a))
  let left = ASKS_MAX
  for (const victim of victims) left = rob(s, victim, thieves, left)
}

/** Milliseconds until its threads have done all that it has. */
function loadMs(s: State, worker: WorkerRecord): number {
  return occupancyMs(s, worker) / worker.nthreads
}

/** As much as pays. Gives how many questions are left. */
function rob(s: State, victim: WorkerRecord, thieves: readonly WorkerRecord[], asks: number): number {
  let left = asks
  let misses = 0
  for (const task of stealable(s, victim)) {
    if (left === 0 || misses === MISSES_MAX) break
    const thief = bestThief(s, task, victim, thieves)
    if (thief === undefined || !pays(s, victim, thief, task)) misses++
    else {
      ask(s, victim, thief, task)
      misses = 0
      left--
    }
  }
  return left
}

/** Cheapest to move in relation to its work first; of those, what would run last. */
function stealable(s: State, victim: WorkerRecord): Task[] {
  const found: { task: Task; ratio: number }[] = []
  for (const task of [...victim.processing.keys()].slice(-LOOKS)) {
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

/** Who would have it done first. */
function bestThief(
  s: State,
  task: Task,
  victim: WorkerRecord,
  thieves: readonly WorkerRecord[],
): WorkerRecord | undefined {
  const able =
    (task.recipe as Recipe).group.restriction === '' ? undefined : new Set(validWorkers(s, task.recipe?.group))
  let best: WorkerRecord | undefined
  let least = Number.POSITIVE_INFINITY
  for (const thief of thieves) {
    if (thief === victim || able?.has(thief) === false || !fits(task, thief)) continue
    const ms = loadMs(s, thief) + transferMs(s, missingBytes(task, thief))
    if (ms < least) {
      best = thief
      least = ms
    }
  }
  return best
}

function pays(s: State, victim: WorkerRecord, thief: WorkerRecord, task: Task): boolean {
  const compute = expectedMs(s, (task.recipe as Recipe).group.prefix)
  const there = transferMs(s, missingBytes(task, thief)) + (task.dependencies.length === 0 ? 0 : LATENCY_MS)
  const here = transferMs(s, missingBytes(task, victim))
  return loadMs(s, thief) + there + compute <= loadMs(s, victim) - (here + compute) / 2
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
  if (task === undefined || steal?.victim !== worker || steal.stimulus !== message.stimulus_id) {
    // Freed while the question was on its way; of what it has let go it says no more.
    if (isLetGo(message.state)) worker.ghosts.delete(message.key)
    return
  }
  forgetSteal(s, task)
  const { state } = message
  if (state === null) return transition(s, task, 'released', { attempt: 'withdrawn' })
  // Not to be asked for again before the next heartbeat.
  if (state === 'executing') worker.executing = new Map(worker.executing).set(task.key, 0)
  if (isLetGo(state)) handOver(s, task, steal.thief)
}

/** The victim has not begun it, and never will. */
function isLetGo(state: string | null): boolean {
  return state === null || state === 'ready' || state === 'constrained' || state === 'waiting'
}

/** The victim has let go of it. */
function handOver(s: State, task: Task, thief: WorkerRecord | undefined): void {
  if (thief === undefined || !validWorkers(s, task.recipe?.group).includes(thief))
    return transition(s, task, 'released', { attempt: 'withdrawn' })
  transition(s, task, 'released', { attempt: 'withdrawn' })
  task.pending = undefined
  transition(s, task, 'waiting')
  task.pending = undefined
  if (task.state === 'waiting' && task.waitingOn === 0) dispatch(s, task, thief)
}
