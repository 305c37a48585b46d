/** All that the core remembers, and the few changes that keep two sides of a ledger equal. */

import type { Full } from '../../protocol/messages.js'
import type { Address, ClientId, Key } from '../../protocol/names.js'
import { hasItem, withItem, withoutItem } from '../../util/few.js'
import { TASK_BYTES } from '../../util/submission-bytes.js'
import { TinyValues } from '../../values/tiny-values.js'
import type { ClientRecord } from './client-record.js'
import type { Instruction } from './events.js'
import { FairQueue } from './fair-queue.js'
import { KeptValues } from './kept-values.js'
import type { Settings } from './options.js'
import { type Cause, Story } from './story.js'
import { IS_UNENDED, isSuspect, type Prefix, type Recipe, TASK_STATES, Task, type TaskState } from './task.js'
import { TaskTable } from './task-table.js'
import type { WorkerRecord } from './worker-record.js'

export interface Steal {
  readonly task: Task
  readonly victim: WorkerRecord
  /** Absent: anybody but the victim, which is retiring. */
  readonly thief: WorkerRecord | undefined
  readonly stimulus: string
  /** Milliseconds that both sides' `stealingMs` were changed by. */
  readonly costMs: number
}

/** How many copies somebody asked for; holds while the task stays in memory. */
export interface ReplicaGoal {
  readonly n: number
  readonly workers: readonly WorkerRecord[] | undefined
  /** Asked to fetch it, no answer yet. */
  readonly coming: Set<WorkerRecord>
}

export class State {
  readonly tasks = new TaskTable()
  readonly workers = new Map<Address, WorkerRecord>()
  /** Those of `workers` that may be given tasks, and how many threads they have together. */
  running: readonly WorkerRecord[] = []
  threads = 0
  /** Nobody is there who may run some of what is queued, and nobody has been told of it. */
  isStuck = false
  readonly names = new Map<string, WorkerRecord>()
  readonly clients = new Map<ClientId, ClientRecord>()
  readonly prefixes = new Map<string, Prefix>()
  /** Code by hash: tasks that use it. */
  readonly code = new Map<string, number>()
  readonly counts = Object.fromEntries(TASK_STATES.map((s) => [s, 0])) as Record<TaskState, number>

  /** Those in `queued`; also some that have left it, which are skipped when their turn comes. */
  readonly queue = new FairQueue()
  /** Those in `no-worker`, by the time they came there. */
  readonly noWorker = new Map<Task, number>()
  /** Failed tasks that are tried again at that time; `released` until then. */
  readonly delayed = new Map<Task, number>()
  /** Results kept here. */
  readonly inline = new KeptValues()
  /** Those of a few bytes. */
  readonly tinyValues = new TinyValues()
  /** Tasks with more than one copy. */
  readonly replicated = new Set<Task>()
  readonly goals = new Map<Task, ReplicaGoal>()
  /** Values on their way to a worker; `from` then drops its copy. */
  readonly moves = new Map<Task, { from: WorkerRecord | undefined; to: WorkerRecord }>()
  readonly steals = new Map<Task, Steal>()
  /** Content hashes of pure data, where a worker told one. */
  readonly hashes = new Map<Key, string>()
  /** Interned: as many type names as there are types, not results. */
  readonly typenames = new Map<string, string>()

  /** Tasks with a recommendation; the last is carried out first. */
  readonly recommended: Task[] = []
  /** Given to workers by this event, or followed by something that there is room for now: see `ahead.ts`. */
  readonly dispatched: Task[] = []
  /** Tasks touched by this event; filled in validate mode only. */
  readonly touched = new Set<Task>()
  readonly story: Story
  out: Instruction[] = []
  readonly cause: Cause = { what: 'start', who: '', stimulus: 0, time: 0 }
  arrivals = 0
  runs = 0
  generation = 0
  generationAt = Number.NEGATIVE_INFINITY
  bandwidth: number
  /** What long jobs of clients may still do in this turn. */
  budget = 0
  /** Transitions, and the like, that may still follow in this turn. */
  patience = 0
  /** Loops over very many tasks, the first first. The event is not over before they are; nothing recommended is done before. */
  readonly chores: Iterator<void>[] = []
  /** Tasks to be looked at again, the last first, in the state that they have then: this may wait for other events. */
  readonly later: Task[] = []
  /** How many of `later` are older than this event. */
  laterBefore = 0
  /** Clients that are gone, of whose wants some are left. */
  readonly leaving = new Map<ClientRecord, Iterator<void>>()
  /** Clients of whose messages some were taken in by this event. */
  readonly unacknowledged = new Set<ClientRecord>()
  /** A `continue` was asked for and has not come. */
  continuing = false
  /** The earliest tick asked for and not yet come. */
  wakeAt: number | undefined = undefined
  stealAt = 0
  /** When idle workers were last looked after. */
  balancedAt = Number.NEGATIVE_INFINITY
  reduceAt = 0
  /** Paused workers whose memory nothing can leave: why, what may still be made there, and since when nothing runs. */
  readonly full = new Map<WorkerRecord, Full & { idleSince: number; nbytes: number }>()
  /** Workers that are to go, with the tasks that were asked back from them. */
  readonly retiring = new Map<WorkerRecord, Set<Task>>()
  /** Why a worker was sent away for its version, the last time. */
  versionRefusal: string | undefined = undefined

  constructor(readonly settings: Settings) {
    this.story = new Story(settings.storyLength, settings.epoch)
    this.bandwidth = settings.bandwidth
  }

  get now(): number {
    return this.cause.time
  }

  /** Names what is happening in messages to workers. */
  get stimulus(): string {
    return `${this.settings.epoch}-${this.cause.stimulus}`
  }

  /** Of the last dispatch, as it travels: epoch · 2³² + counter. */
  runIdOf(task: Task): number {
    return this.settings.epoch * 2 ** 32 + task.run
  }
}

/** After a worker came, went, or changed its status. */
export function countRunning(s: State): void {
  s.running = [...s.workers.values()].filter((w) => w.isRunning)
  s.threads = s.running.reduce((n, w) => n + w.nthreads, 0)
}

export function addTask(s: State, key: Key, recipe: Recipe | undefined, index: number, order: number): Task {
  const task = new Task(key, recipe, index, order, s.arrivals++)
  s.tasks.set(key, task)
  s.counts.released++
  if (recipe) useCode(s, recipe.group.prefix)
  return task
}

/** The task is `forgotten` already; what is left are the tables that know it by key. */
export function removeTask(s: State, task: Task): void {
  s.tasks.delete(task.key)
  s.hashes.delete(task.key)
  s.delayed.delete(task)
  s.goals.delete(task)
  s.moves.delete(task)
  if (task.recipe) disuseCode(s, task.recipe.group.prefix)
}

/** One more user of the code; `tasks` of them are counted for the function. */
export function useCode(s: State, prefix: Prefix, tasks = 1): void {
  prefix.users += tasks
  for (const hash of prefix.code) s.code.set(hash, (s.code.get(hash) ?? 0) + 1)
}

/** One user less. */
export function disuseCode(s: State, prefix: Prefix, tasks = 1): void {
  prefix.users -= tasks
  for (const hash of prefix.code) {
    const users = (s.code.get(hash) ?? 0) - 1
    s.code.set(hash, users)
    if (users === 0) dropUnusedCode(s, hash)
  }
}

/** A client sends code again only after it released it, so it stays while one is here that may use it. */
export function dropUnusedCode(s: State, hash: string): void {
  if ((s.code.get(hash) ?? 0) > 0) return
  for (const client of s.clients.values()) if (client.code.has(hash)) return
  s.code.delete(hash)
  for (const [name, prefix] of s.prefixes) if (prefix.code.includes(hash)) s.prefixes.delete(name)
  s.out.push({ do: 'drop-code', hash })
}

export function setState(s: State, task: Task, state: TaskState): void {
  s.counts[task.state]--
  s.counts[state]++
  const { recipe } = task
  if (recipe !== undefined && IS_UNENDED[state] !== IS_UNENDED[task.state])
    recipe.group.owner.load += (TASK_BYTES + recipe.argBytes) * (IS_UNENDED[state] ? 1 : -1)
  task.state = state
}

export function addReplica(s: State, task: Task, worker: WorkerRecord, nbytes: number): void {
  resize(task, nbytes)
  if (holds(worker, task)) return
  const isFirst = task.whoHas === undefined
  if (!isFirst) s.replicated.add(task)
  task.whoHas = withItem(task.whoHas, worker)
  worker.hasWhat.add(task, isFirst)
  worker.nbytes += Math.max(0, nbytes)
}

/** A new size counts on every worker that has a copy. */
function resize(task: Task, nbytes: number): void {
  const grown = Math.max(0, nbytes) - Math.max(0, task.nbytes)
  if (grown !== 0 && task.whoHas !== undefined)
    for (const holder of task.whoHas instanceof Set ? task.whoHas : [task.whoHas]) holder.nbytes += grown
  task.nbytes = nbytes
}

export function removeReplica(s: State, task: Task, worker: WorkerRecord): void {
  if (!holds(worker, task)) return
  worker.hasWhat.delete(task)
  worker.nbytes -= Math.max(0, task.nbytes)
  task.whoHas = withoutItem(task.whoHas, worker)
  if (!(task.whoHas instanceof Set) || task.whoHas.size < 2) s.replicated.delete(task)
}

export function addWant(task: Task, client: ClientRecord): void {
  if (wants(client, task)) return
  client.wants.add(task, task.whoWants === undefined)
  task.whoWants = withItem(task.whoWants, client)
}

export function removeWant(task: Task, client: ClientRecord): void {
  if (!wants(client, task)) return
  client.wants.delete(task)
  task.whoWants = withoutItem(task.whoWants, client)
}

export function wants(client: ClientRecord, task: Task): boolean {
  return hasItem(task.whoWants, client)
}

export function holds(worker: WorkerRecord, task: Task): boolean {
  return hasItem(task.whoHas, worker)
}

/** The task leaves its worker's books; what becomes of it is the caller's to say. */
export function leaveWorker(s: State, task: Task): WorkerRecord {
  if (s.steals.size > 0) forgetSteal(s, task)
  const worker = task.processingOn as WorkerRecord
  worker.bytesToFetch -= worker.processing.get(task) ?? 0
  worker.processing.delete(task)
  if (worker.suspect === task) worker.suspect = undefined
  if (worker.processing.size === 0) worker.asks.clear()
  const blocked = worker.blocked.pop()
  if (blocked !== undefined) s.dispatched.push(blocked)
  if (!worker.longRunning.delete(task)) unload(worker, task)
  use(worker, task, -1)
  task.processingOn = undefined
  return worker
}

/** Whatever the victim answers now is stale. */
export function forgetSteal(s: State, task: Task): Steal | undefined {
  const steal = s.steals.get(task)
  if (steal === undefined) return undefined
  s.steals.delete(task)
  steal.victim.stealingMs += steal.costMs
  if (steal.thief) steal.thief.stealingMs -= steal.costMs
  return steal
}

export function joinWorker(task: Task, worker: WorkerRecord, missingBytes: number): void {
  const prefix = (task.recipe as Recipe).group.prefix
  worker.processing.set(task, missingBytes)
  worker.bytesToFetch += missingBytes
  worker.load.set(prefix, (worker.load.get(prefix) ?? 0) + 1)
  if (isSuspect(task)) worker.suspect = task
  use(worker, task, 1)
  task.processingOn = worker
}

/** Takes up the resources that it needs, or gives them back. */
function use(worker: WorkerRecord, task: Task, sign: 1 | -1): void {
  const { resources } = (task.recipe as Recipe).group.options
  if (resources === undefined) return
  for (const [name, amount] of Object.entries(resources))
    worker.inUse.set(name, (worker.inUse.get(name) ?? 0) + sign * amount)
}

/** One task less that takes up a thread. */
export function unload(worker: WorkerRecord, task: Task): void {
  const prefix = (task.recipe as Recipe).group.prefix
  const left = (worker.load.get(prefix) ?? 0) - 1
  if (left > 0) worker.load.set(prefix, left)
  else worker.load.delete(prefix)
}

/** That worker takes no part any more: the victim's tasks are released by the caller, a thief is replaced by anybody. */
export function leaveSteals(s: State, worker: WorkerRecord): void {
  for (const [task, steal] of s.steals) {
    if (steal.victim === worker) forgetSteal(s, task)
    else if (steal.thief === worker) s.steals.set(task, { ...steal, thief: undefined })
  }
}
