/** How many copies there are, and where: more on request, fewer when nobody needs them, moved when asked (semantics.md §4.10). */
import type { Key } from '../../protocol/names.js'
import { countOf, hasItem, listOf } from '../../util/few.js'
import { DIRECT } from './client-record.js'
import type { Event } from './events.js'
import { holdersOf, log, removeReplicas, toWorker } from './outbox.js'
import { isMeant } from './restrictions.js'
import { holds, type ReplicaGoal, removeReplica, type State } from './state.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** Dependents beyond this do not ask for more copies. */
const WAITERS_MAX = 20
/** Rebalancing: who is this far above the mean gives, who is this far below it takes; shares of memory. */
const MARGIN = 0.05
const GIVES_FROM = 0.3
const TAKES_TO = 0.6

export function onReplicate(s: State, event: Event & { type: 'replicate' }): void {
  const among = event.workers && [...s.workers.values()].filter((w) => event.workers?.some((name) => isMeant(w, name)))
  for (const key of event.keys) {
    const task = s.tasks.get(key)
    if (task?.state !== 'memory') continue
    s.goals.set(task, { n: event.n, workers: among, coming: new Set() })
    pursue(s, task)
  }
}

/** Asks for copies that are still missing; each holder serves two at a time, so that copies spread like a tree. */
export function pursue(s: State, task: Task): void {
  const goal = s.goals.get(task)
  const holders = countOf(task.whoHas)
  if (goal === undefined || holders === 0) return
  const missing = goal.n - running(task) - goal.coming.size
  const places = candidates(s, task, goal).slice(0, Math.max(0, Math.min(missing, 2 * holders - goal.coming.size)))
  for (const worker of places) {
    goal.coming.add(worker)
    acquire(s, worker, [task])
  }
}

function running(task: Task): number {
  return listOf(task.whoHas).filter((w) => w.isRunning).length
}

function candidates(s: State, task: Task, goal: ReplicaGoal): WorkerRecord[] {
  const able = (goal.workers ?? s.running).filter((w) => w.isRunning && !holds(w, task) && !goal.coming.has(w))
  return able.sort((a, b) => a.nbytes - b.nbytes)
}

/** Goals that a new worker can serve, or that a lost one served. */
export function pursueAll(s: State): void {
  for (const task of s.goals.keys()) pursue(s, task)
}

function acquire(s: State, worker: WorkerRecord, tasks: readonly Task[]): void {
  const who_has = new Map(tasks.map((task) => [task.key, holdersOf(task)]))
  const nbytes = new Map(tasks.map((task) => [task.key, Math.max(0, task.nbytes)]))
  toWorker(s, worker, { op: 'acquire-replicas', who_has, nbytes, stimulus_id: s.stimulus })
}

/** A third worker fetches a copy, for one that cannot reach the holders. False: there is none. */
export function relay(s: State, task: Task, stranded: WorkerRecord): boolean {
  const able = s.running.filter((w) => w !== stranded && !holds(w, task))
  const between = able.sort((a, b) => a.nbytes - b.nbytes)[0]
  if (between === undefined) return false
  if (s.moves.has(task)) return true
  log(s, 'warn', `${stranded} cannot get ${task.key} from ${holdersOf(task)}; ${between} is to fetch it`, task.key)
  s.moves.set(task, { from: undefined, to: between })
  acquire(s, between, [task])
  return true
}

/** A copy has come somewhere: was it asked for? */
export function copyArrived(s: State, task: Task, worker: WorkerRecord): void {
  const goal = s.goals.get(task)
  if (goal !== undefined) {
    goal.coming.delete(worker)
    pursue(s, task)
  }
  const move = s.moves.get(task)
  if (move?.to !== worker) return
  s.moves.delete(task)
  if (move.from !== undefined) letGo(s, move.from, [task])
}

/** What came was an old value: it is asked for once more. */
export function copyRefused(s: State, task: Task, worker: WorkerRecord): void {
  s.goals.get(task)?.coming.delete(worker)
  if (s.moves.get(task)?.to === worker) s.moves.delete(task)
  pursue(s, task)
}

/** The value is gone: no copy of it may come later, when its key may stand for something else. */
export function forgetCopies(s: State, task: Task): void {
  if (s.goals.size === 0 && s.moves.size === 0) return
  for (const worker of s.goals.get(task)?.coming ?? []) removeReplicas(s, worker, [task.key])
  const move = s.moves.get(task)
  if (move !== undefined) removeReplicas(s, move.to, [task.key])
  s.goals.delete(task)
  s.moves.delete(task)
}

export function startMove(s: State, task: Task, from: WorkerRecord, to: WorkerRecord): void {
  s.moves.set(task, { from, to })
  acquire(s, to, [task])
}

/** These copies do not count any more; never the last. */
export function letGo(s: State, worker: WorkerRecord, tasks: readonly Task[]): void {
  const keys: Key[] = []
  for (const task of tasks) {
    if (!holds(worker, task) || countOf(task.whoHas) < 2) continue
    removeReplica(s, task, worker)
    keys.push(task.key)
  }
  removeReplicas(s, worker, keys)
}

/** Copies that dependents no longer need go, but for those that were asked for. Gives the time of the next look. */
export function reduceReplicas(s: State): number {
  const interval = s.settings.reduceIntervalMs
  if (interval === 0 || s.replicated.size === 0) return Number.POSITIVE_INFINITY
  if (s.now < s.reduceAt) return s.reduceAt
  s.reduceAt = s.now + interval
  const superfluous = new Map<WorkerRecord, Task[]>()
  for (const task of s.replicated)
    for (const worker of tooMany(s, task)) superfluous.set(worker, [...(superfluous.get(worker) ?? []), task])
  for (const [worker, tasks] of superfluous) letGo(s, worker, tasks)
  return s.reduceAt
}

/** Holders that can do without, the fullest first. */
function tooMany(s: State, task: Task): WorkerRecord[] {
  const holders = listOf(task.whoHas)
  const goal = s.goals.get(task)?.n ?? 1
  const keep = Math.max(goal, Math.min(countOf(task.waiters), WAITERS_MAX))
  if (holders.length <= keep || s.moves.has(task) || isDirect(s, task)) return []
  const free = holders.filter((w) => !isNeededThere(task, w)).sort((a, b) => b.nbytes - a.nbytes)
  return free.slice(0, holders.length - keep)
}

/** Who put or fetched it there by hand meant that place. */
function isDirect(s: State, task: Task): boolean {
  const direct = s.clients.get(DIRECT)
  return direct !== undefined && hasItem(task.whoWants, direct)
}

function isNeededThere(task: Task, worker: WorkerRecord): boolean {
  return listOf(task.waiters).some((waiter) => waiter.processingOn === worker)
}

/** Moves values from full workers to empty ones, the oldest first. */
export function onRebalance(s: State, { keys }: Event & { type: 'rebalance' }): void {
  if (s.running.length < 2) return
  const only = keys && new Set(keys.map((key) => s.tasks.get(key)))
  const load = new Map(s.running.map((w) => [w, w.nbytes]))
  const mean = s.running.reduce((sum, w) => sum + share(w, w.nbytes, s), 0) / s.running.length
  for (const from of s.running)
    for (const task of from.hasWhat) {
      if (!gives(s, from, load, mean)) break
      const to = recipient(s, load, mean)
      if (to === undefined) return
      if (only?.has(task) === false || countOf(task.whoHas) > 1 || s.moves.has(task)) continue
      const size = Math.max(0, task.nbytes)
      load.set(from, (load.get(from) ?? 0) - size)
      load.set(to, (load.get(to) ?? 0) + size)
      startMove(s, task, from, to)
    }
}

/** Of its memory; without a limit, of what all hold together. */
function share(worker: WorkerRecord, nbytes: number, s: State): number {
  const limit = worker.info.memory_limit
  if (limit !== null) return nbytes / limit
  return (
    nbytes /
    Math.max(
      1,
      s.running.reduce((sum, w) => sum + w.nbytes, 0),
    )
  )
}

function gives(s: State, worker: WorkerRecord, load: Map<WorkerRecord, number>, mean: number): boolean {
  const now = share(worker, load.get(worker) ?? 0, s)
  return now > mean + MARGIN && now >= GIVES_FROM
}

function recipient(s: State, load: Map<WorkerRecord, number>, mean: number): WorkerRecord | undefined {
  let best: WorkerRecord | undefined
  let least = Math.min(TAKES_TO, mean - MARGIN)
  for (const worker of s.running) {
    const now = share(worker, load.get(worker) ?? 0, s)
    if (now >= least) continue
    best = worker
    least = now
  }
  return best
}
