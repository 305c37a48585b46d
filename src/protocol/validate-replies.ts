/**
 * Why a decoded answer is not the one to that request: the reason, or undefined. Beside `requests.ts`, in its order.
 * Operations of one name have answers of one form, whichever node gives them.
 */
import { anArtefact } from './check-artefact.js'
import {
  aBoolean,
  aCount,
  addresses,
  aFunctionRef,
  aKey,
  aName,
  aNumber,
  anAddress,
  anAmount,
  anEncoded,
  anything,
  aText,
  type Check,
  fieldsOf,
  keys,
  listOf,
  mapOf,
  oneOf,
  optional,
  orNull,
  readable,
  recordOf,
  sizes,
  whoHas,
} from './checks.js'
import type { Explanation, SchedulerRequests, StoryEntry, WorkerRequests, WorkerSummary } from './requests.js'
import { aTaskLog } from './validate-messages.js'
import { workerMetrics } from './validate-requests.js'

type Requests = Omit<WorkerRequests, keyof SchedulerRequests> & SchedulerRequests
type Reply<Op extends keyof Requests> = Requests[Op]['reply']
type OfStatus<R, Status> = Extract<R, { status: Status }>
type RunReply = Reply<'run'>
type ComputedReply = Reply<'compute'>

const status = oneOf('OK')
const done = fieldsOf<{ status: 'OK' }>({ status })
const welcome = fieldsOf<Reply<'register-worker'>>({
  status,
  epoch: aCount,
  heartbeat: anAmount,
  note: optional(aText),
})
const story = fieldsOf<Reply<'story'>>({
  status,
  story: listOf(
    fieldsOf<StoryEntry>({
      key: aKey,
      start: aText,
      finish: aText,
      cause: aText,
      stimulus: optional(aText),
      time: aNumber,
    }),
  ),
})

/** Beside whatever a direct call is answered. */
const logs = optional(listOf(aTaskLog))

const computed: { readonly [S in ComputedReply['status']]: Check } = {
  OK: fieldsOf<OfStatus<ComputedReply, 'OK'>>({
    status,
    key: aKey,
    nbytes: aCount,
    type: aText,
    thread: aCount,
    start: aNumber,
    stop: aNumber,
    logs,
  }),
  failed: fieldsOf<OfStatus<ComputedReply, 'failed'>>({ status: anything, error: anEncoded, logs }),
  missing: fieldsOf<OfStatus<ComputedReply, 'missing'>>({ status: anything, missing: keys, logs }),
}

const ran: { readonly [S in RunReply['status']]: Check } = {
  OK: fieldsOf<OfStatus<RunReply, 'OK'>>({ status, value: anEncoded, logs }),
  failed: fieldsOf<OfStatus<RunReply, 'failed'>>({
    status: anything,
    error: anEncoded,
    code_missing: optional(aBoolean),
    logs,
  }),
}

const workerSummary = fieldsOf<WorkerSummary>({
  name: aName,
  host: aText,
  nthreads: aCount,
  memory_limit: orNull(aCount),
  local_directory: aText,
  resources: recordOf(anAmount),
  services: recordOf(aCount),
  pid: aCount,
  status: aText,
  nbytes: anAmount,
  processing: aCount,
  system: optional(oneOf('dask')),
  metrics: optional(workerMetrics),
})

const REPLIES: { readonly [Op in keyof Requests]: Check } = {
  identity: fieldsOf<Reply<'identity'>>({
    type: oneOf('Worker', 'Scheduler', 'Center'),
    id: aText,
    address: anAddress,
    version: aText,
    pid: aCount,
    system: optional(oneOf('dask')),
    name: optional(aName),
    nthreads: optional(aCount),
    services: optional(recordOf(aCount)),
  }),
  ping: done,
  get_data: fieldsOf<Reply<'get_data'>>({ status: oneOf('OK', 'busy'), data: mapOf(aKey, anEncoded) }),
  update_data: fieldsOf<Reply<'update_data'>>({ status, nbytes: sizes }),
  delete_data: done,
  compute: byStatus(computed),
  gather: fieldsOf<Reply<'gather'>>({ status: oneOf('OK', 'missing'), missing: keys }),
  run: byStatus(ran),
  keys: fieldsOf<Reply<'keys'>>({ status, keys }),
  story,
  terminate: done,
  'register-worker': welcome,
  heartbeat_worker: fieldsOf<Reply<'heartbeat_worker'>>({ status: oneOf('OK', 'missing'), heartbeat: anAmount }),
  unregister: done,
  who_has: fieldsOf<Reply<'who_has'>>({ status, who_has: whoHas }),
  has_what: fieldsOf<Reply<'has_what'>>({ status, has_what: mapOf(anAddress, keys) }),
  ncores: fieldsOf<Reply<'ncores'>>({ status, ncores: mapOf(anAddress, aCount) }),
  workers: fieldsOf<Reply<'workers'>>({ status, workers: mapOf(anAddress, workerSummary) }),
  add_keys: done,
  remove_keys: done,
  'register-client': welcome,
  relay: fieldsOf<Reply<'relay'>>({ status: oneOf('OK', 'busy') }),
  get_code: fieldsOf<Reply<'get_code'>>({ status, artefact: orNull(anArtefact), workers: optional(addresses) }),
  get_recipe: fieldsOf<Reply<'get_recipe'>>({
    status,
    recipe: orNull(
      fieldsOf<NonNullable<Reply<'get_recipe'>['recipe']>>({
        key: aKey,
        function: aFunctionRef,
        args: anEncoded,
        deps: keys,
      }),
    ),
  }),
  explain: fieldsOf<Reply<'explain'>>({
    status,
    explanation: fieldsOf<Explanation>({
      key: aKey,
      state: aText,
      obstacle: optional(aText),
      text: aText,
      waitsFor: optional(keys),
      workers: optional(addresses),
    }),
  }),
  progress: fieldsOf<Reply<'progress'>>({ status, running: aCount, waiting: aCount }),
  replicate: done,
  rebalance: done,
  retire_workers: fieldsOf<Reply<'retire_workers'>>({ status, workers: addresses }),
  restart: fieldsOf<Reply<'restart'>>({ status, workers: addresses, missing: listOf(aText) }),
}

const BY_OP: ReadonlyMap<string, Check> = new Map(Object.entries(REPLIES))

/** Of an operation that is none of Heddle's nothing is known. */
export function whyNotReply(op: string, reply: unknown): string | undefined {
  const reason = BY_OP.get(op)?.(reply)
  return reason?.startsWith('is ') ? `it ${reason}` : readable(reason)
}

function byStatus(checks: Readonly<Record<string, Check>>): Check {
  const kinds = fieldsOf<{ status: string }>({ status: oneOf(...Object.keys(checks)) })
  return (reply) => kinds(reply) ?? (checks[(reply as { status: string }).status] as Check)(reply)
}
