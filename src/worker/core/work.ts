/** Work as it is told: by the scheduler, or by a direct caller. */
import type { ToWorkerMessage } from '../../protocol/messages.js'
import type { Address, Key } from '../../protocol/names.js'
import type { Event } from './events.js'
import { DIRECT_PRIORITY } from './holders.js'
import type { WorkerState } from './state.js'
import type { Task, Work } from './task.js'

type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>
type ComputeDirect = Extract<Event, { type: 'compute-direct' }>

const NO_KEYS: Key[] = []
const NO_REQUESTS: readonly number[] = []
const NO_HOLDERS: ReadonlyMap<Key, readonly Address[]> = new Map()
const NO_SIZES: ReadonlyMap<Key, number> = new Map()

/** Work for the scheduler; `requests` are direct callers that waited for the same key. */
export function scheduledWork(
  state: WorkerState,
  task: Task,
  message: ComputeTask,
  requests: readonly number[] = NO_REQUESTS,
): Work {
  return {
    task,
    runId: message.run_id,
    priority: message.priority,
    arrival: -state.nextId(),
    attempt: message.attempt,
    function: message.function,
    args: message.args,
    deps: inputsOf(message),
    inline: message.inline,
    whoHas: message.who_has ?? NO_HOLDERS,
    sizes: message.nbytes ?? NO_SIZES,
    inputs: undefined,
    resources: message.resource_restrictions,
    timeoutMs: message.timeout,
    effect: message.effect === true,
    mutates: message.mutates === true,
    logs: message.logs === true,
    requests,
  }
}

/** Work that only its caller knows of. */
export function directWork(state: WorkerState, task: Task, event: ComputeDirect): Work {
  return {
    task,
    runId: directRunId(state),
    priority: DIRECT_PRIORITY,
    arrival: -state.nextId(),
    attempt: 1,
    function: event.function,
    args: event.args,
    deps: event.deps.length > 1 ? [...new Set(event.deps)] : event.deps,
    inline: undefined,
    whoHas: event.whoHas as ReadonlyMap<Key, readonly Address[]>,
    sizes: NO_SIZES,
    inputs: undefined,
    resources: undefined,
    timeoutMs: undefined,
    effect: false,
    mutates: false,
    logs: false,
    requests: [event.request],
  }
}

/** Never an id of the scheduler's, which are positive. */
export function directRunId(state: WorkerState): number {
  return -state.nextId()
}

function inputsOf(message: ComputeTask): Key[] {
  if (message.who_has === undefined || message.who_has.size === 0) return NO_KEYS
  const keys = [...message.who_has.keys()]
  return message.inline === undefined ? keys : keys.filter((key) => !message.inline!.has(key))
}
