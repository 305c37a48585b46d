/** Everything that can happen to the scheduler's core, and everything it can ask for. Time comes in with the event. */
import type {
  FromClientMessage,
  FromWorkerMessage,
  ToClientMessage,
  ToWorkerMessage,
  WorkerInfo,
  WorkerMetrics,
} from '../../protocol/messages.js'
import type { Address, ClientId, Key } from '../../protocol/names.js'

export type Event =
  /** A worker asks to join; answered by `worker-accepted` or `worker-refused`. */
  | { type: 'worker-joined'; worker: WorkerInfo }
  /** One was sent away before it could register, for its version; for `explain`. */
  | { type: 'worker-turned-away'; reason: string }
  /** `expected`: it said goodbye or was told to go; its tasks bear no blame. */
  | { type: 'worker-left'; worker: Address; expected: boolean; reason: string; outgrewMemory?: boolean }
  | { type: 'worker-message'; worker: Address; message: FromWorkerMessage }
  | { type: 'worker-heartbeat'; worker: Address; metrics: WorkerMetrics; executing: Map<Key, number> }
  | { type: 'client-joined'; client: ClientId }
  /** `lost`: no goodbye; its wants are kept for a grace of 5 s. */
  | { type: 'client-left'; client: ClientId; lost: boolean }
  | { type: 'client-message'; client: ClientId; message: FromClientMessage }
  /** Data that a third party put on workers or took away, or copies it made (rpc add_keys, delete_data, scatter's update_data). */
  | { type: 'keys-added'; worker: Address; keys: Map<Key, number>; client?: ClientId; replaces?: boolean }
  | { type: 'keys-deleted'; keys: Key[] }
  /** A worker cannot reach one that has what it needs, and gets it through the scheduler. */
  | { type: 'relayed'; worker: Address; holder: Address }
  | { type: 'replicate'; keys: Key[]; n: number; workers?: string[] }
  | { type: 'rebalance'; keys?: Key[] }
  | { type: 'retire-workers'; workers: string[] }
  /** `anew`: workers that are replaced when they end are told to. */
  | { type: 'restart'; anew?: boolean }
  /** A time asked for by `wake-at` has come. */
  | { type: 'tick' }
  /** Others had their turn: the answer to `continue`. */
  | { type: 'continue' }

export type Instruction =
  /** In order per worker; nothing is promised between workers. */
  | { do: 'to-worker'; worker: Address; message: ToWorkerMessage }
  /** In order per client. */
  | { do: 'to-client'; client: ClientId; message: ToClientMessage }
  | { do: 'worker-accepted'; worker: Address }
  /** The reason is the text that the worker's user sees. */
  | { do: 'worker-refused'; worker: Address; reason: string }
  /** Ends the stream to that worker (it was told why before). */
  | { do: 'close-worker'; worker: Address; reason: string }
  /** No task uses this code any more. */
  | { do: 'drop-code'; hash: string }
  | { do: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; text: string; key?: Key }
  /** A long job is not done: a `continue` event, please, after the events that wait now. */
  | { do: 'continue' }
  /** Fires once as a `tick` at or after that time; the core never sees a clock. Later calls do not cancel earlier ones. */
  | { do: 'wake-at'; time: number }
