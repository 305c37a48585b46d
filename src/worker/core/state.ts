/** All that a worker's core knows, and the few things that every part of it does: find a task, move it, say something. */
import type { FromWorkerMessage } from '../../protocol/messages.js'
import type { Address, Key } from '../../protocol/names.js'
import { Bag } from '../../util/bag.js'
import { Heap } from '../../util/heap.js'
import type { Encoded } from '../../values/encoded.js'
import type { Instruction } from './events.js'
import { Story } from './story.js'
import { compareTurn, type Gather, isWanted, type Job, type Peer, Task, type TaskState, type Work } from './task.js'

export interface WorkerCoreOptions {
  /** Tasks that run at once. */
  nthreads: number
  /** Checks all invariants after each event, for tests. Default false. */
  validate?: boolean
  /** What tasks with resource restrictions may take from. Default none. */
  resources?: Record<string, number>
  /** Bytes; only `incomingBytesMax` follows from it. Default: no limit. */
  memoryLimit?: number
  /** Source of chance, in [0, 1): passed in so that a run can be repeated. */
  random: () => number
  /** This worker's own address, which is never asked for data. */
  address?: Address
  /** This worker's host: holders on it are preferred. Default: the host of `address`. */
  host?: string
  /** Bytes asked of a peer in one request; one key is always allowed. Default 50 MB. */
  gatherBytesMax?: number
  /** Requests to peers at once; ignored while less than 10 MB are in flight. Default 50. */
  incomingMax?: number
  /** Bytes in flight above which nothing more is asked for. Default 10 % of `memoryLimit`. */
  incomingBytesMax?: number
}

export type Move = (state: WorkerState, task: Task, to: TaskState) => void

export class WorkerState {
  readonly options: WorkerCoreOptions
  readonly host: string | undefined
  readonly gatherBytesMax: number
  readonly incomingMax: number
  readonly incomingBytesMax: number
  readonly story = new Story()
  /** Every key that is held, wanted, or still busy. */
  readonly tasks = new Map<Key, Task>()
  /** How many tasks are in each state. */
  readonly counts: Record<TaskState, number> = emptyCounts()

  /** Works that may run now; entries whose task is not `ready` with this very work are void. */
  readonly ready = new Heap<Work>(compareTurn)
  /** The same for tasks with resources, by what they need, so that one kind does not block another. */
  readonly constrained = new Map<string, Heap<Work>>()
  /** Resources that no run holds. */
  readonly available: Record<string, number>
  /** Runs in the executor: those of all tasks. */
  readonly jobs = new Bag<Job>()
  /** Runs that occupy a place; mirror of `job.occupies`. */
  occupied = 0
  /** How many runs the executor would like to hold at once. */
  appetite: number
  /** A new first work is ready, or one has stepped back: somebody may have to give way. */
  overtakeDue = false

  readonly peers = new Map<Address, Peer>()
  /** Peers with entries in `needed`. */
  readonly hungry = new Set<Peer>()
  readonly gathers = new Map<number, Gather>()
  /** Estimated bytes of all requests in flight. */
  incomingBytes = 0
  /** Tasks in `missing`. */
  readonly missing = new Set<Task>()
  /** A missing key may be due for asking now. */
  askDue = false
  /** When the next tick was asked for on behalf of missing keys. */
  askAgainAt = Number.POSITIVE_INFINITY

  /** Keys that each gather-direct still waits for, and those that nobody has. */
  readonly gatherRequests = new Map<number, { waiting: Set<Key>; missing: Key[] }>()

  /** Those of which something was settled in this event. */
  settledRequests: number[] = []

  /** False between scheduler-left and scheduler-joined: nothing is sent. */
  connected = true
  /** Keys that came here while not connected. */
  readonly unreported = new Set<Key>()
  /** New values that the scheduler or center was told of since this connection began, counted. */
  reports = 0
  /** By key, the number of the last such report, while an order may come that is older. */
  readonly reported = new Map<Key, number>()
  pausedByMemory = false
  /** While paused by memory: nothing can leave it by itself; see `full.ts`. */
  full: { readonly reason: string; readonly room: number; readonly error: Encoded } | undefined = undefined
  pausedByScheduler = false
  closingGracefully = false

  /** The event being handled: its time, its name and its id for the story. */
  now = 0
  cause = ''
  detail: string | number = ''
  out: Instruction[] = []
  /** Keys to be dropped from the store at the end of this event. */
  drops: Key[] = []
  /** Keys to be reported with add-keys at the end of this event. */
  arrived: Task[] = []

  readonly #move: Move
  #counter = 0

  constructor(options: WorkerCoreOptions, move: Move) {
    this.options = options
    this.host = options.host ?? (options.address === undefined ? undefined : hostOf(options.address))
    this.gatherBytesMax = options.gatherBytesMax ?? 50e6
    this.incomingMax = options.incomingMax ?? 50
    this.incomingBytesMax = options.incomingBytesMax ?? (options.memoryLimit ?? Number.POSITIVE_INFINITY) / 10
    this.available = { ...options.resources }
    this.appetite = options.nthreads
    this.#move = move
  }

  get paused(): boolean {
    return this.pausedByMemory || this.pausedByScheduler
  }

  /** A number that this core has not used yet. */
  nextId(): number {
    return ++this.#counter
  }

  task(key: Key): Task {
    let task = this.tasks.get(key)
    if (task === undefined) {
      task = new Task(key)
      this.tasks.set(key, task)
      this.counts.released++
    }
    return task
  }

  /** Along one row of the transition table. */
  move(task: Task, to: TaskState): void {
    this.#move(this, task, to)
  }

  /** Where a released task belongs: what is wanted is sought, what nobody wants is forgotten. */
  settle(task: Task): void {
    if (task.state !== 'released') return
    if (isWanted(task)) this.seek(task)
    else this.#forget(task)
  }

  /** Fetches it from a known holder, or asks who has it. */
  seek(task: Task): void {
    const found = task.whoHas !== undefined && task.whoHas.size > 0
    this.move(task, found ? 'fetch' : 'missing')
  }

  send(message: FromWorkerMessage): void {
    if (this.connected) this.out.push({ do: 'send', message })
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', text: string, key?: Key): void {
    this.out.push(key === undefined ? { do: 'log', level, text } : { do: 'log', level, text, key })
  }

  /** Id of what is being handled, for the messages that follow from it. */
  get stimulus(): string {
    return this.detail === '' ? this.cause : `${this.cause}-${this.detail}`
  }

  #forget(task: Task): void {
    if (task.whoHas !== undefined) forgetHolders(this, task)
    this.tasks.delete(task.key)
    this.counts.released--
  }
}

/** It is here now, or nobody wants it: no holder of it matters any more. */
export function forgetHolders(state: WorkerState, task: Task): void {
  if (task.whoHas === undefined) return
  for (const peer of task.whoHas) {
    peer.holds.delete(task)
    forgetIdlePeer(state, peer)
  }
  task.whoHas = undefined
}

/** A peer of which we want nothing is no record. */
export function forgetIdlePeer(state: WorkerState, peer: Peer): void {
  if (peer.holds.size > 0 || peer.gather !== undefined || peer.busyUntil > state.now) return
  state.peers.delete(peer.address)
  state.hungry.delete(peer)
}

/** The host in `tcp://host:port`, brackets included. */
export function hostOf(address: Address): string {
  const start = address.indexOf('://')
  const end = address.lastIndexOf(':')
  return address.slice(start < 0 ? 0 : start + 3, end > start ? end : undefined)
}

function emptyCounts(): Record<TaskState, number> {
  return {
    released: 0,
    waiting: 0,
    fetch: 0,
    flight: 0,
    missing: 0,
    ready: 0,
    constrained: 0,
    executing: 0,
    'long-running': 0,
    memory: 0,
    error: 0,
    cancelled: 0,
    resumed: 0,
    rescheduled: 0,
  }
}
