/**
 * Every request of Heddle's nodes and its answer, on one page; streams are in `messages.ts`. One request is under way
 * on a connection at a time. Names are Dask's where the meaning is the same, literally as on the wire. A handler that
 * throws is answered by `ErrorReply`, whatever was asked. `validate-requests.ts` says why one is refused.
 */
import type { Artefact } from '../code/artefact.js'
import type { Encoded } from '../values/encoded.js'
import type { TaskLog, WorkerInfo, WorkerMetrics } from './messages.js'
import type { Address, ClientId, FunctionRef, Key } from './names.js'

/** What a handler that failed is answered with. `error` is the encoded error, if it could be encoded. */
export interface ErrorReply {
  status: 'error'
  code: string
  message: string
  error?: Encoded
}

/** One kind of request: what is sent beside `op`, and what comes back. */
export interface Exchange<Ask = Record<never, never>, Reply = { status: 'OK' }> {
  ask: Ask
  reply: Reply
}

/** What every node answers. */
export interface NodeRequests {
  identity: Exchange<Record<never, never>, Identity>
  ping: Exchange
}

/** Who a node is. */
export interface Identity {
  type: 'Worker' | 'Scheduler' | 'Center'
  id: string
  address: Address
  version: string
  pid: number
  /** Of a node that is none of Heddle's. */
  system?: 'dask'
  /** Of a worker only. */
  name?: string | number
  nthreads?: number
  services?: Record<string, number>
}

/** `who`: the worker that asks. `workers`: those that have it, if the scheduler let it go to save memory. */
export type GetCode = Exchange<
  { hash: string; who?: Address },
  { status: 'OK'; artefact: Artefact | null; workers?: Address[] }
>

/** What a worker answers, to anybody. */
export interface WorkerRequests extends NodeRequests {
  /** Keys that are not here are absent from `data`. `busy`: too many are being served; ask again later, or others. */
  get_data: Exchange<{ keys: Key[]; who?: Address }, { status: 'OK' | 'busy'; data: Map<Key, Encoded> }>
  /** `report: false`: the center is not told, since the caller does it. */
  update_data: Exchange<{ data: Map<Key, Encoded>; report?: boolean }, { status: 'OK'; nbytes: Map<Key, number> }>
  delete_data: Exchange<{ keys: Key[]; report?: boolean }>
  /** The seed page's compute. References in `args` are inputs: from here, from `who_has`, or found through the center. */
  compute: Exchange<
    {
      key: Key
      function: FunctionRef
      code?: Artefact[]
      args: Encoded
      deps: Key[]
      who_has?: Map<Key, Address[]>
      logs?: boolean
    },
    ComputeReply & Printed
  >
  /** Fetch these and keep them as copies. Without `who_has` the center is asked. */
  gather: Exchange<{ keys: Key[]; who_has?: Map<Key, Address[]> }, { status: 'OK' | 'missing'; missing: Key[] }>
  /** Runs at once in a thread of the worker, beside its tasks; `args` refers to nothing. */
  run: Exchange<
    { function: FunctionRef; code?: Artefact[]; args: Encoded; logs?: boolean },
    /** `code_missing`: it did not run, for want of code that has to come along. */
    ({ status: 'OK'; value: Encoded } | { status: 'failed'; error: Encoded; code_missing?: boolean }) & Printed
  >
  /** Code that is here. */
  get_code: GetCode
  keys: Exchange<Record<never, never>, { status: 'OK'; keys: Key[] }>
  story: Exchange<{ key: Key }, { status: 'OK'; story: StoryEntry[] }>
  terminate: Exchange<{ reason?: string }>
}

/** What was printed meanwhile, up to a thousand lines, if it was asked for (`logs`). */
export interface Printed {
  logs?: TaskLog[]
}

export type ComputeReply =
  | {
      status: 'OK'
      key: Key
      nbytes: number
      type: string
      thread: number
      /** Wall-clock milliseconds with fraction. */
      start: number
      stop: number
    }
  /** User code threw, or could not be run. */
  | { status: 'failed'; error: Encoded }
  /** Nobody has these inputs. */
  | { status: 'missing'; missing: Key[] }

/** What a center answers; a scheduler answers all of it too. */
export interface CenterRequests extends NodeRequests {
  /** Turns the connection into the worker's stream (`FromWorker`, `ToWorker`). `note`: for the worker's log. */
  'register-worker': Exchange<WorkerInfo, { status: 'OK'; epoch: number; heartbeat: number; note?: string }>
  /** `missing`: this worker is not known here (any more). `executing`: milliseconds since each run began. */
  heartbeat_worker: Exchange<
    { address: Address; metrics: WorkerMetrics; executing: Map<Key, number> },
    { status: 'OK' | 'missing'; heartbeat: number }
  >
  /** A worker says goodbye: its running tasks bear no blame. */
  unregister: Exchange<{ address: Address; reason?: string }>
  /** Without `keys`: of all. Keys that nobody has give an empty list. */
  who_has: Exchange<{ keys?: Key[] }, { status: 'OK'; who_has: Map<Key, Address[]> }>
  /** `keys` are workers here, by name or address. */
  has_what: Exchange<{ keys?: string[] }, { status: 'OK'; has_what: Map<Address, Key[]> }>
  ncores: Exchange<{ keys?: string[] }, { status: 'OK'; ncores: Map<Address, number> }>
  workers: Exchange<Record<never, never>, { status: 'OK'; workers: Map<Address, WorkerSummary> }>
  /** Data that somebody put on workers; wanted by `client` from now on, if one is named. */
  add_keys: Exchange<{ who: Map<Address, Map<Key, number>>; client?: ClientId; replaces?: boolean }>
  remove_keys: Exchange<{ address: Address; keys: Key[] }>
  /** On every worker that has them. */
  delete_data: Exchange<{ keys: Key[] }>
  terminate: Exchange<{ reason?: string }>
}

/** Why a key is in its state. */
export interface Explanation {
  key: Key
  /** As in the diagrams of `docs/internals`; `unknown` to the scheduler; `unsent`: still in the client that submitted it. */
  state: string
  /** What keeps it from running, as a word that programs may compare; absent: nothing does. */
  obstacle?: string
  /** One sentence for people: what, why, and what to do where something can be done. */
  text: string
  /** What it waits for: inputs, or what is before it. */
  waitsFor?: readonly Key[]
  /** Where it is, or runs. */
  workers?: readonly Address[]
}

/** One transition of a task, at the scheduler or on a worker. */
export interface StoryEntry {
  key: Key
  start: string
  finish: string
  /** What happened, and from whom: `task-finished tcp://…`, `worker-left tcp://…`. */
  cause: string
  /** At the scheduler: the event; what one event caused has the same. */
  stimulus?: string
  /** By the clock of that node's events, ms. */
  time: number
}

/** What only a scheduler answers. */
export interface SchedulerRequests extends CenterRequests {
  /** Turns the connection into the client's stream (`FromClient`, `ToClient`). */
  'register-client': Exchange<{ client: ClientId; version: string }, { status: 'OK'; epoch: number; heartbeat: number }>
  /**
   * After `OK` the connection leads to that worker, as if it had been dialled: for a worker (`who`) that cannot reach it.
   * `busy`: there are too many such connections.
   */
  relay: Exchange<{ to: Address; who: Address }, { status: 'OK' | 'busy' }>
  /** The code that a task names. */
  get_code: GetCode
  story: Exchange<{ key: Key }, { status: 'OK'; story: StoryEntry[] }>
  explain: Exchange<{ key: Key }, { status: 'OK'; explanation: Explanation }>
  /** How a task is made, so that it can be made elsewhere; of one that did not run, how the task is that failed. */
  get_recipe: Exchange<
    { key: Key },
    { status: 'OK'; recipe: { key: Key; function: FunctionRef; args: Encoded; deps: Key[] } | null }
  >
  /** What is unfinished of what that client submitted. */
  progress: Exchange<{ client: ClientId }, { status: 'OK'; running: number; waiting: number }>
  replicate: Exchange<{ keys: Key[]; n: number; workers?: string[] }>
  rebalance: Exchange<{ keys?: Key[] }>
  retire_workers: Exchange<{ workers: string[] }, { status: 'OK'; workers: Address[] }>
  /**
   * Lets everything go, and ends the workers in whose place another is started. Waits for those, up to `timeout`
   * milliseconds (default 0); `missing` are those, by name, that have not come by then.
   */
  restart: Exchange<{ timeout?: number }, { status: 'OK'; workers: Address[]; missing: string[] }>
}

/** A worker as a center shows it. */
export interface WorkerSummary {
  name: string | number
  host: string
  nthreads: number
  memory_limit: number | null
  local_directory: string
  resources: Record<string, number>
  services: Record<string, number>
  pid: number
  status: string
  nbytes: number
  processing: number
  /** Of a worker that is none of Heddle's. */
  system?: 'dask'
  metrics?: WorkerMetrics
}
