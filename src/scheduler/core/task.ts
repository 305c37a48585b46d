/** What the scheduler knows of one task, and of the submission that it came with. */
import type { TaskOptions } from '../../protocol/messages.js'
import type { Address, FunctionRef, Key } from '../../protocol/names.js'
import type { Few } from '../../util/few.js'
import type { Encoded } from '../../values/encoded.js'
import type { ClientRecord } from './client-record.js'
import type { WorkerRecord } from './worker-record.js'

/** semantics.md §4.2. */
export const TASK_STATES = [
  'released',
  'waiting',
  'queued',
  'no-worker',
  'processing',
  'memory',
  'erred',
  'forgotten',
] as const
export type TaskState = (typeof TASK_STATES)[number]

/** What is known of all tasks of one function. Dropped with its code. */
export class Prefix {
  /** Tasks in the core that would run it. */
  users = 0
  /** Moving average (half) of the computing time, milliseconds. -1 = none finished yet. */
  durationMs = -1
  /** The longest that a task of it was seen running, milliseconds; counts while `durationMs` is unknown. */
  longestSeenMs = 0

  constructor(
    readonly name: string,
    /** Hashes of what it is made of: its artefact, and its environment if it has one. */
    readonly code: readonly string[],
  ) {}
}

/** The tasks of one function in one submission; they share what the client said about them. */
export interface TaskGroup {
  /** Who submitted it, and shares slots with others. */
  readonly owner: ClientRecord
  readonly prefix: Prefix
  readonly function: FunctionRef
  readonly options: TaskOptions
  /** The client's priority, negated: smaller runs earlier. */
  readonly urgency: number
  readonly generation: number
  /** Equal for all that may run in the same places; empty: anywhere. */
  readonly restriction: string
  size: number
  /** Different inputs of all of them, counted up to 5: fewer than that, and many tasks, makes them root-ish. */
  inputs: number
}

/** How to make a result: shared by all items of a map, told apart by index. */
export interface Recipe {
  readonly group: TaskGroup
  /** The argument list of that item; cut out of the submission when it is asked for. */
  args(index: number): Encoded
  /** Bytes of one item's arguments; of a map, of all on average. */
  readonly argBytes: number
  /** Equal if and only if it is the same work. */
  identity(index: number): string
}

const NO_TASKS: readonly Task[] = []

/** What went wrong with a task. */
interface Trouble {
  /** Its own failure; set only if `blame` is itself. */
  readonly error: Encoded | undefined
  /** The task that really failed; set exactly while `erred` (or on the way there). */
  readonly blame: Task | undefined
  /** Why it can never be made again. */
  readonly lost: string | undefined
  /** Retries that were used up. */
  readonly retried: number
  /** Workers that died under it. */
  readonly deaths: Address[] | undefined
  /** One of them was ended for its memory. */
  readonly outgrewMemory: boolean
}

const NO_TROUBLE: Trouble = {
  error: undefined,
  blame: undefined,
  lost: undefined,
  retried: 0,
  deaths: undefined,
  outgrewMemory: false,
}

/** One task. A million of these live at once: one shape, no Set before it is needed. */
export class Task {
  state: TaskState = 'released'
  /** The transition that was recommended and not yet carried out. */
  pending: TaskState | undefined = undefined
  /** Its inputs. Mirror of their `dependents`. */
  dependencies: readonly Task[] = NO_TASKS
  dependents: Few<Task> = undefined
  /** How many dependencies are without a value; 0 unless `waiting`. */
  waitingOn = 0
  /** Dependents that still have to run and need this value; keeps it alive. */
  waiters: Few<Task> = undefined
  /** Clients that hold a future of it; keeps it alive. Mirror of their `wants`. */
  whoWants: Few<ClientRecord> = undefined
  /** Workers with a copy. Mirror of their `hasWhat`. */
  whoHas: Few<WorkerRecord> = undefined
  /** Places in the rosters of the client that wanted it first, and of the worker that held it first; see `roster.ts`. */
  wantedAt = 0
  heldAt = 0
  /** The one worker that was told to run it; set exactly while `processing`. Mirror of `worker.processing`. */
  processingOn: WorkerRecord | undefined = undefined
  /** Number of the last dispatch: `run_id` without the epoch, which would not fit into a small integer. 0 = never. */
  run = 0
  /** Bytes of the last result; kept after release. -1 = never known. */
  nbytes = -1
  typename = ''
  /** The whole value, if it is small: as good as a copy on a worker. */
  inline: Encoded | undefined = undefined
  #trouble: Trouble | undefined = undefined

  constructor(
    readonly key: Key,
    /** Absent: pure data, put there by somebody. */
    readonly recipe: Recipe | undefined,
    readonly index: number,
    /** Place in the order of its graph. */
    readonly order: number,
    /** Counts up over all tasks: the last tie-breaker. */
    readonly arrival: number,
  ) {}

  get hasValue(): boolean {
    return this.whoHas !== undefined || this.inline !== undefined
  }

  get error(): Trouble['error'] {
    return this.#trouble?.error
  }

  set error(error: Trouble['error']) {
    this.#set({ error })
  }

  get blame(): Trouble['blame'] {
    return this.#trouble?.blame
  }

  set blame(blame: Trouble['blame']) {
    this.#set({ blame })
  }

  get lost(): Trouble['lost'] {
    return this.#trouble?.lost
  }

  set lost(lost: Trouble['lost']) {
    this.#set({ lost })
  }

  get retried(): number {
    return this.#trouble?.retried ?? 0
  }

  set retried(retried: number) {
    this.#set({ retried })
  }

  get deaths(): Trouble['deaths'] {
    return this.#trouble?.deaths
  }

  set deaths(deaths: Trouble['deaths']) {
    this.#set({ deaths })
  }

  get outgrewMemory(): boolean {
    return this.#trouble?.outgrewMemory ?? false
  }

  set outgrewMemory(outgrewMemory: boolean) {
    this.#set({ outgrewMemory })
  }

  /** Most tasks have none, and need none to be told that they have none. */
  #set(change: Partial<Trouble>): void {
    if (this.#trouble === undefined && Object.values(change).every((value) => !value)) return
    this.#trouble = { ...(this.#trouble ?? NO_TROUBLE), ...change }
  }

  /** Its failure as its dependents' clients see it. */
  get failure(): Encoded | undefined {
    return this.blame?.error
  }
}

/** Which of two tasks runs first: negative if `a` (semantics.md §4.5). Pure data comes last. */
export function comparePriority(a: Task, b: Task): number {
  const ga = a.recipe?.group
  const gb = b.recipe?.group
  if (ga !== gb && ga && gb) {
    if (ga.urgency !== gb.urgency) return ga.urgency - gb.urgency
    if (ga.generation !== gb.generation) return ga.generation - gb.generation
  }
  return a.order - b.order || a.arrival - b.arrival
}

/** As it travels on compute-task. */
export function priorityOf(task: Task): number[] {
  const group = task.recipe?.group
  return [group?.urgency ?? 0, group?.generation ?? 0, task.order, task.arrival]
}

/** Its client waits for it: it takes memory here for that. */
export const IS_UNENDED: Readonly<Record<TaskState, boolean>> = {
  released: false,
  waiting: true,
  queued: true,
  'no-worker': true,
  processing: true,
  memory: false,
  erred: false,
  forgotten: false,
}

export function missingInputs(task: Task): number {
  let missing = 0
  for (const input of task.dependencies) if (!input.hasValue) missing++
  return missing
}

/** A client wants it, or something that has to run needs it. */
export function isNeeded(task: Task): boolean {
  return task.whoWants !== undefined || task.waiters !== undefined
}

/** Nobody will ever ask for it, or for what is made of it. */
export function isUnneeded(task: Task): boolean {
  return task.whoWants === undefined && task.dependents === undefined
}

/** Two workers died under it, or one for its memory: from now on it runs alone, so that no neighbour is blamed with it. */
export function isSuspect(task: Partial<Pick<Task, 'deaths' | 'outgrewMemory'>>): boolean {
  return task.deaths !== undefined && (task.deaths.length > 1 || task.outgrewMemory === true)
}
