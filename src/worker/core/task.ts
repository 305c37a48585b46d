/** The records of the worker's core: what it knows of a key, of a piece of work, of a peer. */
import type { Address, FunctionRef, Key } from '../../protocol/names.js'
import type { Placed } from '../../util/bag.js'
import type { Heap } from '../../util/heap.js'
import type { Encoded } from '../../values/encoded.js'

/** See semantics.md §4.7. `released` is left again within the event, or the key is forgotten. */
export type TaskState =
  | 'released'
  | 'waiting'
  | 'fetch'
  | 'flight'
  | 'missing'
  | 'ready'
  | 'constrained'
  | 'executing'
  | 'long-running'
  | 'memory'
  | 'error'
  | 'cancelled'
  | 'resumed'
  | 'rescheduled'

/** What a worker knows of one key. A hundred thousand may live at once, so optional parts are made when needed. */
export class Task {
  state: TaskState = 'released'
  /** What is to be run to make the value; set from compute-task or compute-direct until its outcome. */
  work: Work | undefined
  /** The one run in the executor, wanted or dead. It occupies a place until its outcome is known. */
  job: Job | undefined
  /** The one request to a peer that names this key. */
  gather: Gather | undefined
  /** The arriving value belongs to a key that was freed meanwhile: it must not be kept. */
  arrivalVoid = false
  /** The value is in the store. True in `memory`, and while a direct call computes the key anew. */
  stored = false
  /** Size of the value in bytes; before it is here, what others said. -1: unknown. */
  nbytes = -1
  /** How the value was made, to answer a repeated compute-task. Undefined for fetched and put values. */
  result: Result | undefined
  /** Tasks whose work is still to be handed over and uses this value. Mirror of their `work.inputs`. */
  dependents: Set<Task> | undefined
  /** Inputs of `work` that are not stored. Above 0 exactly while `waiting`. */
  waitingOn = 0
  /** Peers that are said to hold the value. Mirror of `peer.holds`; empty when stored. */
  whoHas: Set<Peer> | undefined
  /** The valid entry in the heaps of its holders while `fetch`. */
  fetchEntry: FetchEntry | undefined
  /** The scheduler wants a copy here. */
  acquire = false
  /** Requests of gather-direct that wait for this key. */
  gatherers: Set<number> | undefined
  /** When somebody was last asked who has it, in ms, if ever. */
  askedAt: number | undefined = undefined
  /** How often that was asked since the value was last here. */
  asks = 0
  /** What a `resumed` task does when its job or gather has ended; set exactly while `resumed`. */
  next: 'waiting' | 'fetch' | undefined

  constructor(readonly key: Key) {}
}

/** One thing to run, as it was last asked for. */
export interface Work {
  readonly task: Task
  /** The scheduler's id for it; negative if only direct callers want it. */
  runId: number
  /** Smaller first, element by element. */
  readonly priority: readonly number[]
  /** Falls with each arrival: among equal priorities the latest runs first. */
  readonly arrival: number
  readonly attempt: number
  readonly function: FunctionRef
  readonly args: Encoded
  /** Keys to be in the store before it runs. */
  readonly deps: Key[]
  /** Inputs that came with the message. */
  readonly inline: Map<Key, Encoded> | undefined
  /** What was said of the inputs. */
  readonly whoHas: ReadonlyMap<Key, readonly Address[]>
  readonly sizes: ReadonlyMap<Key, number>
  /** The tasks of `deps`, until the work is handed over. Mirror of their `dependents`. */
  inputs: readonly Task[] | undefined
  /** Held from the start of a run to its end. */
  readonly resources: Readonly<Record<string, number>> | undefined
  readonly timeoutMs: number | undefined
  readonly effect: boolean
  /** It gets inputs of its own. */
  readonly mutates: boolean
  /** The scheduler is to be told what it prints. */
  readonly logs: boolean
  /** Direct callers that get a `reply`. */
  requests: readonly number[]
}

/** One run, from `execute` to `executed` or a successful `withdrawn`. */
export interface Job extends Placed {
  readonly task: Task
  /** As given to the executor; the work may have been given another id since. */
  readonly runId: number
  readonly work: Work
  /** When it was handed over, ms. */
  readonly since: number
  /** Takes one of the places of the executor; false once it has seceded. */
  occupies: boolean
  /** Its outcome is void, whatever it is. */
  dead: boolean
  /** A `withdraw` was asked and not answered. */
  withdrawing: boolean
  /** It surely runs: a `withdraw` was refused, or it seceded. */
  claimed: boolean
  /** Steal requests that wait for the answer to `withdraw`. */
  steals: readonly string[]
  /** The scheduler counts it as busy under this run id until task-ended. */
  ghostOf: number | undefined
}

/** How a value was made; times in wall-clock milliseconds. */
export interface Result {
  readonly typename: string
  readonly thread: number
  readonly start: number
  readonly stop: number
  readonly inline?: Encoded
}

/** One request to one peer. */
export interface Gather {
  readonly id: number
  readonly peer: Peer
  readonly tasks: readonly Task[]
  readonly nbytes: number
}

/** A place in the heap of a peer; void when the task has another or none. */
export interface FetchEntry {
  readonly task: Task
  readonly priority: readonly number[]
  readonly arrival: number
}

/** What is known of another worker. Forgotten when it holds nothing we want. */
export interface Peer {
  readonly address: Address
  readonly sameHost: boolean
  /** Keys that it is said to hold and that are not here. Mirror of `task.whoHas`. */
  readonly holds: Set<Task>
  /** Entries of tasks in `fetch` that it may hold; void ones are dropped when met. */
  readonly needed: Heap<FetchEntry>
  /** The one request in flight to it. */
  gather: Gather | undefined
  /** It said busy: not asked before this time, ms. */
  busyUntil: number
}

const NO_TASKS: ReadonlySet<Task> = new Set()

/** The dependents of a task, never undefined. */
export function dependentsOf(task: Task): ReadonlySet<Task> {
  return task.dependents ?? NO_TASKS
}

/** Somebody wants the value here, whoever makes it. */
export function isWanted(task: Task): boolean {
  return (
    task.acquire ||
    (task.dependents !== undefined && task.dependents.size > 0) ||
    (task.gatherers !== undefined && task.gatherers.size > 0)
  )
}

/** Only direct callers want this work; the scheduler does not know of it. */
export function isDirectOnly(work: Work): boolean {
  return work.runId < 0
}

/** Compares priorities element by element; a prefix comes first. */
export function comparePriority(a: readonly number[], b: readonly number[]): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Order of works and of entries in a heap: negative if `a` is first. */
export function compareTurn(
  a: { priority: readonly number[]; arrival: number },
  b: { priority: readonly number[]; arrival: number },
): number {
  return comparePriority(a.priority, b.priority) || a.arrival - b.arrival
}
