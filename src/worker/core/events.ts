/** Everything that can happen to a worker's core, and everything it can ask for. It sees keys and sizes, never values. */
import type { FailureKind, FromWorkerMessage, ToWorkerMessage } from '../../protocol/messages.js'
import type { Address, FunctionRef, Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'

export type Event =
  | { type: 'scheduler-message'; message: ToWorkerMessage }
  /** Registered (again). All keys held are reported by the shell's register-worker. */
  | { type: 'scheduler-joined' }
  | { type: 'scheduler-left' }
  /** An answer to `gather` number `id`. The shell has stored the values before it says so. */
  | { type: 'gathered'; id: number; peer: Address; outcome: GatherOutcome }
  | { type: 'executed'; key: Key; runId: number; outcome: ExecuteOutcome }
  /** The answer to `withdraw`: true if the task had not begun and never will. */
  | { type: 'withdrawn'; key: Key; runId: number; ok: boolean }
  /** The executor can hold more, or fewer, tasks at once than before. */
  | { type: 'appetite'; jobs: number }
  /** Somebody put these here (update_data); the shell has stored them. */
  | { type: 'put'; keys: Map<Key, number>; hashes?: Map<Key, string>; report: boolean }
  /** Somebody took these away (delete_data). */
  | { type: 'delete'; keys: Key[]; report: boolean }
  /** The seed page's compute: `request` comes back in `reply`. Missing inputs not in `whoHas` are asked of the center. */
  | {
      type: 'compute-direct'
      request: number
      key: Key
      function: FunctionRef
      args: Encoded
      deps: Key[]
      whoHas: Map<Key, Address[]>
    }
  /** Fetch these and keep them (rpc gather): `request` comes back in `reply`. */
  | { type: 'gather-direct'; request: number; whoHas: Map<Key, Address[]> }
  /** A value could not be kept or read back (spilling): it is lost here. */
  | { type: 'value-lost'; keys: Key[]; reason: string }
  /** Memory is short: start nothing, fetch nothing. */
  | { type: 'paused' }
  | { type: 'resumed' }
  /** While paused: nothing can leave memory by itself, for that reason. So many bytes may be taken all the same; direct callers are told `error`. */
  | { type: 'stuck'; reason: string; room: number; error: Encoded }
  /** That is over, though it may still be paused. */
  | { type: 'unstuck' }
  | { type: 'seceded'; key: Key; runId: number; durationMs: number }
  | { type: 'tick' }

export type GatherOutcome =
  /** What came; asked-for keys that are not in it are not there. */
  | { status: 'ok'; keys: Map<Key, number> }
  | { status: 'busy' }
  /** The peer cannot be reached. */
  | { status: 'failed'; reason: string }

export type ExecuteOutcome =
  | { status: 'ok'; nbytes: number; typename: string; thread: number; start: number; stop: number; inline?: Encoded }
  | { status: 'error'; kind: FailureKind; error: Encoded; thread: number; start: number; stop: number }
  | { status: 'aborted' }
  | { status: 'displaced' }
  | { status: 'reschedule' }

export type Instruction =
  /** Give it to the executor with these inputs from the store (`deps`) and at hand (`inline`). Comes back as `executed`. */
  | {
      do: 'execute'
      key: Key
      runId: number
      attempt: number
      function: FunctionRef
      args: Encoded
      deps: Key[]
      inline?: Map<Key, Encoded>
      timeoutMs?: number
      effect?: boolean
      /** Its inputs are to be its own. */
      mutates?: boolean
      /** What it prints is to be sent. */
      logs?: boolean
    }
  /** Take an executing job back if it has not begun. Comes back as `withdrawn`. */
  | { do: 'withdraw'; key: Key; runId: number }
  /** Stop it; comes back as `executed` with `aborted`. */
  | { do: 'abort'; key: Key; runId: number }
  /** One get_data to that peer. Comes back as `gathered`. */
  | { do: 'gather'; id: number; peer: Address; keys: Key[]; nbytes: number }
  /** Over the stream to the scheduler or center, in order. */
  | { do: 'send'; message: FromWorkerMessage }
  /** Remove from the store; outgoing sends that began go on. */
  | { do: 'drop'; keys: Key[] }
  /** Ends a `compute-direct` or `gather-direct`. */
  | { do: 'reply'; request: number; outcome: DirectOutcome }
  /** Ask the center who has these; comes back as a `refresh-who-has` message. Used by direct calls only. */
  | { do: 'ask-who-has'; keys: Key[] }
  /** All is moved away, or the scheduler said so: shut down. */
  | { do: 'close'; reason: string }
  | { do: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; text: string; key?: Key }
  | { do: 'wake-at'; time: number }

export type DirectOutcome =
  | { status: 'OK'; nbytes: number; typename: string; thread: number; start: number; stop: number }
  | { status: 'gathered'; missing: Key[] }
  | { status: 'error'; error: Encoded }
  | { status: 'missing'; keys: Key[] }
