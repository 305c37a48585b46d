/**
 * Every message of Heddle's streams, on one page. Operation and field names are Dask's wherever the meaning is the
 * same, literally as on the wire. Maps that carry user keys are `Map`s: `__proto__` is a legal key.
 * `validate.ts` holds, for each, the reason why a decoded map is refused.
 */
import type { Artefact } from '../code/artefact.js'
import type { Encoded } from '../values/encoded.js'
import type { Address, FunctionRef, Key } from './names.js'

export type Message<M> = { [Op in keyof M]: { op: Op } & M[Op] }[keyof M]

/** What a worker can be told by its scheduler or center. */
export interface ToWorker {
  /**
   * Run `function(...args)`. `who_has` and `nbytes` name the inputs to be fetched; `inline` holds small inputs
   * themselves. A worker that runs the key already adopts `run_id`; one that has it answers task-finished again.
   */
  'compute-task': {
    key: Key
    run_id: number
    /** Smaller first, compared element by element. */
    priority: number[]
    function: FunctionRef
    /** The argument list, one encoded array; references in it are the keys of `who_has` and `inline`. */
    args: Encoded
    /** Absent when there is nothing to fetch, as for most tasks. */
    who_has?: Map<Key, Address[]>
    nbytes?: Map<Key, number>
    inline?: Map<Key, Encoded>
    resource_restrictions?: Record<string, number>
    /** Limit on the running time, milliseconds. */
    timeout?: number
    /** Number of this try, from 1. */
    attempt: number
    /** The task has effects: never batched behind others, never rerun without cause. */
    effect?: boolean
    /** It changes its inputs: they are to be copies of its own. */
    mutates?: boolean
    /** What it prints is wanted: task-log. */
    logs?: boolean
  }
  /** `reports`: how many new values of the worker (add-keys that replace) were heard of; one told later stays. Default 0. */
  'free-keys': { keys: Key[]; stimulus_id: string; reports?: number }
  'remove-replicas': { keys: Key[]; stimulus_id: string; reports?: number }
  'acquire-replicas': { who_has: Map<Key, Address[]>; nbytes: Map<Key, number>; stimulus_id: string }
  'steal-request': { key: Key; stimulus_id: string }
  /** Answer to request-refresh-who-has; an empty list: nobody has it. */
  'refresh-who-has': { who_has: Map<Key, Address[]>; stimulus_id: string }
  'worker-status-change': { status: WorkerStatus; stimulus_id: string }
  /** That peer is gone: stop fetching from it. */
  'remove-worker': { worker: Address; stimulus_id: string }
  /** `again`: a new worker is welcome. */
  close: { reason: string; stimulus_id: string; again?: boolean }
}

/** What a worker tells its scheduler or center. The worker's address is known from the stream. */
export interface FromWorker {
  'task-finished': {
    key: Key
    run_id: number
    nbytes: number
    typename: string
    thread: number
    /** Wall-clock milliseconds with fraction; stop > start. */
    start: number
    stop: number
    /** The whole value if it is at most 1 KiB: it survives the worker and saves a round trip. */
    inline?: Encoded
  }
  'task-erred': {
    key: Key
    run_id: number
    error: Encoded
    thread: number
    start: number
    stop: number
    kind: FailureKind
  }
  /** These are held here now: fetched from a peer, or put or computed by somebody directly (`replaces`: older copies elsewhere are void). */
  'add-keys': { keys: Key[]; nbytes: number[]; replaces?: boolean; hashes?: string[]; stimulus_id: string }
  'release-worker-data': { keys: Key[]; stimulus_id: string }
  /** The task gave its slot back and goes on. */
  'long-running': { key: Key; run_id: number; compute_duration: number }
  reschedule: { key: Key; run_id: number }
  'steal-response': { key: Key; state: string | null; stimulus_id: string }
  'request-refresh-who-has': { keys: Key[]; stimulus_id: string }
  /** What a task printed that was told to run with `logs`; said before its outcome. */
  'task-log': { key: Key; level: TaskLogLevel; text: string }
  /** A freed task's thread has ended; until then it counted as busy. */
  'task-ended': { key: Key; run_id: number }
  /** `full`: it is paused, and nothing can leave its memory by itself. */
  'worker-status-change': { status: WorkerStatus; full?: Full; stimulus_id: string }
}

/** Why nothing can leave a worker's memory, and how many bytes may be taken all the same. */
export interface Full {
  reason: string
  room: number
}

/** How a task failed: `raised` by user code; the others by the worker. Only `raised` counts against `retries`. */
export type FailureKind = 'raised' | 'timeout' | 'thread-died' | 'load' | 'result' | 'memory'

/** `init` registered, `running`, `paused` (memory), `closing_gracefully` (retiring), then `closing`, `closed`. */
export type WorkerStatus = 'init' | 'running' | 'paused' | 'closing_gracefully' | 'closing' | 'closed' | 'failed'

/** One task as a client submits it. */
export interface TaskSpec {
  key: Key
  function: FunctionRef
  args: Encoded
  /** The keys that `args` refers to, each once. */
  deps: Key[]
  /** 128-bit hash, hex, of function, arguments and deps: the same key with another recipe is an error. */
  recipe: string
}

/** Many calls of one function as one record: item i has key `<prefix>-<i>` and the bytes between offsets i and i+1. */
export interface MapSpec {
  prefix: string
  /** Of a map that travels in parts: how many items are in those before this one. Keys count from the first item of all. */
  start?: number
  function: FunctionRef
  length: number
  /** The encoded argument lists (their heads), one after the other. */
  args: Uint8Array
  /** length + 1 positions in `args`, little endian u32. */
  offsets: Uint8Array
  /** Large buffers of the few items that have some. */
  buffers: Map<number, Uint8Array[]>
  /** Keys that item i refers to, for items that refer to some. */
  deps: Map<number, Key[]>
  /** Keys that every item refers to (a broadcast future). */
  shared_deps: Key[]
  recipe: string
}

/** What `client.with({…})` says about the tasks of one submission. */
export interface TaskOptions {
  /** Higher runs earlier. Default 0. */
  priority?: number
  /** How often to try again after user code threw. Default 0. */
  retries?: number
  /** Addresses, names or hosts of the workers that may run it. */
  workers?: string[]
  allow_other_workers?: boolean
  resources?: Record<string, number>
  /** Limit on the running time, milliseconds. */
  timeout?: number
  /** Milliseconds before a retry, doubled each time, if above 0. Default 0. */
  retry_delay?: number
  effect?: boolean
  mutates?: boolean
  /** Tell the client what its tasks print. */
  logs?: boolean
}

/** What a client may send. The messages of one client are numbered from 1, by counting; `ack` answers cumulatively. */
export interface FromClient {
  /**
   * Becomes visible as a whole, or not at all. All of `keys` and every item of `maps` are wanted by the client. `apart`:
   * each task and each map is a submission of its own, and what is wrong with one is no matter of the others. `more`: the
   * next update-graph goes on with this one, so that a graph of any size travels in messages that are read at once.
   */
  'update-graph': {
    tasks: TaskSpec[]
    maps?: MapSpec[]
    keys: Key[]
    options?: TaskOptions
    code?: Artefact[]
    apart?: boolean
    more?: boolean
  }
  'client-desires-keys': { keys: Key[] }
  'client-releases-keys': { keys: Key[] }
  /** It would send this code again with a later graph: the scheduler need not keep it for this client. */
  'client-releases-code': { hashes: string[] }
  'cancel-keys': { keys: Key[]; force: boolean; reason: string }
  retry: { keys: Key[] }
  'heartbeat-client': Record<never, never>
  'close-client': Record<never, never>
}

/** What a client is told. */
export interface ToClient {
  'stream-start': { epoch: number; heartbeat: number }
  /** Messages up to this number were taken in. */
  ack: { seq: number }
  /**
   * Bytes (`submissionBytes`) of all submissions of this client that were taken in, and what is still taken by its tasks
   * that have not ended. Said when it has changed by much.
   */
  load: { taken: number; waiting: number }
  'key-in-memory': { key: Key; nbytes: number; typename: string; who_has: Address[]; inline?: Encoded }
  'task-erred': { key: Key; error: Encoded; blame: Key }
  /** Nobody has this code any more: who needs it again has to send it again. */
  'code-lost': { hash: string }
  /** The result is gone and will be made again. */
  'lost-data': { key: Key }
  'task-retried': { key: Key }
  'cancelled-keys': { keys: Key[]; reason: CancelReason; msg: string }
  /** Something a person would like to know; `key` where it is about one task. */
  note: { code: `HEDDLE_${string}`; key?: Key; msg: string }
  /** What a task printed that the client submitted with `logs`. Lines may be left out. */
  'task-log': { key: Key; worker: string; level: TaskLogLevel; text: string }
  restart: Record<never, never>
}

/** How a line was printed: by which method of `console`. */
export type TaskLogLevel = 'log' | 'info' | 'warn' | 'error' | 'debug'

/** What a task printed, without the line break at its end, and the name of the worker where it did. */
export type TaskLog = Readonly<ToClient['task-log']>

export type CancelReason =
  | 'cancelled'
  | 'lost-data'
  | 'lost-dependencies'
  | 'unknown-key'
  | 'key-conflict'
  | 'bad-graph'
  | 'closed'

export type ToWorkerMessage = Message<ToWorker>
export type FromWorkerMessage = Message<FromWorker>
export type FromClientMessage = Message<FromClient>
export type ToClientMessage = Message<ToClient>

/** What a worker says of itself when it registers. */
export interface WorkerInfo {
  address: Address
  name: string | number
  nthreads: number
  memory_limit: number | null
  local_directory: string
  resources: Record<string, number>
  services: Record<string, number>
  nanny: Address | null
  /** Somebody starts another in its place if it is told to close with `again`. */
  supervised?: boolean
  pid: number
  host: string
  /** Keys that it holds already, with their size and content hash. */
  holds: Map<Key, { nbytes: number; hash: string }>
}

/** What a worker's heartbeat carries. Bytes, and counts since the worker started. */
export interface WorkerMetrics {
  memory: number
  managed_bytes: number
  spilled_bytes: number
  cpu: number
  event_loop_delay: number
  executing: number
  ready: number
  in_flight: number
  in_memory: number
  transfer_incoming_bytes: number
  transfer_outgoing_bytes: number
  transfer_incoming_count: number
  transfer_outgoing_count: number
  /** Bytes per second of recent peer transfers; 0 = none yet. */
  bandwidth: number
}
