/** What the core shows: copies, to be asked for by shells, pages and tests. Nothing here changes anything. */
import type { WorkerStatus } from '../../protocol/messages.js'
import type { Address, ClientId, Key } from '../../protocol/names.js'
import type { WorkerSummary } from '../../protocol/requests.js'
import { listOf } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { holdersOf } from './outbox.js'
import { occupancyMs } from './placement.js'
import { isMeant } from './restrictions.js'
import type { State } from './state.js'
import type { Task, TaskState } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** One task, as data. */
export interface TaskView {
  readonly key: Key
  readonly state: TaskState
  /** Where it was told to run. */
  readonly processingOn?: Address
  readonly whoHas: readonly Address[]
  /** The scheduler itself has the value, being small. */
  readonly inline: boolean
  /** -1: not known. */
  readonly nbytes: number
  readonly typename: string
  readonly dependencies: readonly Key[]
  readonly dependents: readonly Key[]
  readonly wantedBy: readonly ClientId[]
  readonly retried: number
  readonly deaths: readonly Address[]
}

export function viewTask(task: Task): TaskView {
  const view = {
    key: task.key,
    state: task.state,
    whoHas: holdersOf(task),
    inline: task.inline !== undefined,
    nbytes: task.nbytes,
    typename: task.typename,
    dependencies: task.dependencies.map((d) => d.key),
    dependents: listOf(task.dependents).map((d) => d.key),
    wantedBy: listOf(task.whoWants).map((c) => c.id),
    retried: task.retried,
    deaths: task.deaths ?? [],
  }
  return task.processingOn === undefined ? view : { ...view, processingOn: task.processingOn.address }
}

/** Of these keys; without them, of all that somebody has. Asked-for keys that nobody has give an empty list. */
export function viewWhoHas(s: State, keys?: Iterable<Key>): Map<Key, Address[]> {
  const found = new Map<Key, Address[]>()
  if (keys !== undefined) for (const key of keys) found.set(key, holdersOrNone(s.tasks.get(key)))
  else for (const task of s.tasks.values()) if (task.whoHas !== undefined) found.set(task.key, holdersOf(task))
  return found
}

function holdersOrNone(task: Task | undefined): Address[] {
  return task === undefined ? [] : holdersOf(task)
}

/** `names`: addresses, names or hosts; default all workers. */
export function viewHasWhat(s: State, names?: readonly string[]): Map<Address, Key[]> {
  return new Map(chosen(s, names).map((w) => [w.address, Array.from(w.hasWhat, (task) => task.key)]))
}

export function viewNcores(s: State, names?: readonly string[]): Map<Address, number> {
  return new Map(chosen(s, names).map((w) => [w.address, w.nthreads]))
}

export function chosen(s: State, names?: readonly string[]): WorkerRecord[] {
  const all = [...s.workers.values()]
  return names === undefined ? all : all.filter((w) => names.some((name) => isMeant(w, name)))
}

/** A worker, as a center shows it, and what a scheduler knows beyond that. */
export interface WorkerView extends WorkerSummary {
  readonly status: WorkerStatus
  /** Threads that are, or are about to be, at work, also for tasks that were let go and have not ended. */
  readonly busy: number
  /** Keys held. */
  readonly keys: number
  /** Somebody starts another in its place when it is told to go for that. */
  readonly supervised: boolean
  /** Milliseconds of work before it, of one thread. */
  readonly occupancy: number
  /** Milliseconds of the core's clock, of its last sign of life. */
  readonly lastSeen: number
}

export function viewWorker(s: State, w: WorkerRecord): WorkerView {
  const { name, host, memory_limit, local_directory, resources, services, pid } = w.info
  const view = {
    ...{ name, host, nthreads: w.nthreads, memory_limit, local_directory, resources, services, pid },
    status: w.status,
    nbytes: w.nbytes,
    processing: w.processing.size,
    busy: w.busy,
    supervised: w.info.supervised === true,
    keys: w.hasWhat.size,
    occupancy: occupancyMs(s, w),
    lastSeen: w.lastSeen,
  }
  return w.metrics === undefined ? view : { ...view, metrics: w.metrics }
}

/** A client, and how many futures it holds. */
export interface ClientView {
  readonly id: ClientId
  readonly wants: number
  /** It vanished, and its wants are kept for a while. */
  readonly lost: boolean
}

export function viewClients(s: State): ClientView[] {
  const items = (id: ClientId) =>
    [...s.tasks.openMaps()].reduce((n, map) => n + (map.client.id === id ? map.left : 0), 0)
  const view = ({ id, wants, lostUntil }: ClientRecord) => {
    return { id, wants: wants.size + items(id), lost: lostUntil !== undefined }
  }
  return Array.from(s.clients.values(), view)
}

/** What is unfinished of a client's tasks. */
export interface Progress {
  readonly running: number
  readonly waiting: number
}

/** Of those given to a worker, as many are taken to run as that has threads. */
export function viewProgress(s: State, id: ClientId): Progress {
  let unfinished = 0
  for (const map of s.tasks.openMaps()) if (map.client.id === id) unfinished += map.left
  for (const task of s.tasks.values()) if (task.recipe?.group.owner.id === id && isUnfinished(s, task)) unfinished++
  let running = 0
  for (const worker of s.workers.values()) {
    const own = [...worker.processing.keys()].filter((task) => task.recipe?.group.owner.id === id)
    const free = own.filter((task) => worker.longRunning.has(task)).length
    running += free + Math.min(own.length - free, worker.nthreads)
  }
  return { running, waiting: unfinished - running }
}

function isUnfinished(s: State, task: Task): boolean {
  if (task.state === 'memory' || task.state === 'erred') return false
  return task.state !== 'released' || s.delayed.has(task)
}

/** Which function has how many tasks, and how long they take. */
export interface PrefixView {
  readonly name: string
  readonly tasks: number
  /** -1: none has finished yet. */
  readonly durationMs: number
}

export function viewPrefixes(s: State): PrefixView[] {
  return Array.from(s.prefixes.values(), ({ name, users, durationMs }) => ({ name, tasks: users, durationMs }))
}
