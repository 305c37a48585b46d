import type { ToWorker, WorkerInfo, WorkerMetrics, WorkerStatus } from '../../protocol/messages.js'
import type { Address, Key } from '../../protocol/names.js'
import { Held } from './roster.js'
import type { Prefix, Task } from './task.js'

/** What the scheduler knows of one worker. */
export class WorkerRecord {
  readonly address: Address
  /** The list of holders of what only it has. */
  readonly alone: Address[]
  readonly name: string
  readonly nthreads: number
  /** `closed` as soon as it is gone: nothing is sent to it any more. */
  status: WorkerStatus = 'running'
  /** Tasks that it was told to run, with the bytes of inputs that it lacked then. Mirror of their `processingOn`. */
  readonly processing = new Map<Task, number>()
  /** Those of `processing` that gave their slot back. */
  readonly longRunning = new Set<Task>()
  /** How many of `processing` (without `longRunning`) each function has; occupancy is derived from it. */
  readonly load = new Map<Prefix, number>()
  /** Of its resources, what those of `processing` need. */
  readonly inUse = new Map<string, number>()
  /** Sum of the values of `processing`. */
  bytesToFetch = 0
  /** Tasks that were freed while they may have been running, by run id: a slot is busy until `task-ended`. */
  readonly ghosts = new Map<Key, number>()
  /** One of `processing` under which workers died: nothing is put beside it. */
  suspect: Task | undefined = undefined
  /** How often in a row it asked for keys that others have: it cannot reach them. */
  readonly asks = new Map<Key, number>()
  /** Workers that it could not reach, and when that was last so. */
  readonly cutOff = new Map<Address, number>()
  /** Tasks of `processing` whose followers are not sent ahead for want of room. */
  readonly blocked: Task[] = []
  /** Values held here. Mirror of their `whoHas`. */
  readonly hasWhat = new Held()
  /** Data that was overwritten while a copy was on its way here: what comes next of it may be the old value. */
  readonly outdated = new WeakSet<Task>()
  /** New values that it told of since it registered, counted. */
  reports = 0
  /** Sum of the sizes of `hasWhat`. */
  nbytes = 0
  /** Milliseconds of work that steals under way will add (or, negative, take away). */
  stealingMs = 0
  metrics: WorkerMetrics | undefined = undefined
  /** By the last heartbeat: what runs, and for how many milliseconds. */
  executing: ReadonlyMap<Key, number> = new Map()
  /** The last message to it, if it was free-keys: the next free-keys of the same event joins it. */
  openFree: ToWorker['free-keys'] | undefined = undefined
  /** Number of the stimulus that opened `openFree`. */
  openFreeAt = -1

  constructor(
    readonly info: WorkerInfo,
    /** Milliseconds; of its last sign of life. */
    public lastSeen: number,
  ) {
    this.address = info.address
    this.alone = [info.address]
    this.name = String(info.name)
    this.nthreads = info.nthreads
  }

  get isRunning(): boolean {
    return this.status === 'running'
  }

  /** Threads that are, or are about to be, at work. */
  get busy(): number {
    return this.processing.size - this.longRunning.size + Math.min(this.ghosts.size, this.nthreads)
  }

  /** `'alice' (tcp://…)`, or the address alone if that is its name. */
  toString(): string {
    return this.name === this.address ? this.address : `${this.name} (${this.address})`
  }
}
