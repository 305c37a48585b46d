/** Why a decoded map is not that request: the reason, or undefined. Beside `requests.ts`, in its order. */
import { anArtefact } from './check-artefact.js'
import {
  aBoolean,
  aCount,
  aFunctionRef,
  aHash,
  aKey,
  aName,
  anAddress,
  anAmount,
  anEncoded,
  aText,
  type Check,
  type FieldChecks,
  fieldsOf,
  keys,
  listOf,
  mapOf,
  optional,
  orNull,
  readable,
  recordOf,
  sizes,
  whoHas,
} from './checks.js'
import type { WorkerInfo, WorkerMetrics } from './messages.js'
import type { CenterRequests, Exchange, NodeRequests, SchedulerRequests, WorkerRequests } from './requests.js'

type Fields = Readonly<Record<string, unknown>>
type RequestChecks<R> = { readonly [Op in keyof R]: (ask: Fields) => string | undefined }
type Ask<E> = E extends Exchange<infer A, unknown> ? A : never

const names = listOf(aText)

const NODE_CHECKS: RequestChecks<NodeRequests> = {
  identity: nothing(),
  ping: nothing(),
}

/** For each request to a worker. */
export const WORKER_CHECKS: RequestChecks<WorkerRequests> = {
  ...NODE_CHECKS,
  get_data: ask<WorkerRequests['get_data']>({ keys, who: optional(anAddress) }),
  update_data: ask<WorkerRequests['update_data']>({ data: mapOf(aKey, anEncoded), report: optional(aBoolean) }),
  delete_data: ask<WorkerRequests['delete_data']>({ keys, report: optional(aBoolean) }),
  compute: ask<WorkerRequests['compute']>({
    key: aKey,
    function: aFunctionRef,
    code: optional(listOf(anArtefact)),
    args: anEncoded,
    deps: keys,
    who_has: optional(whoHas),
    logs: optional(aBoolean),
  }),
  gather: ask<WorkerRequests['gather']>({ keys, who_has: optional(whoHas) }),
  run: ask<WorkerRequests['run']>({
    function: aFunctionRef,
    code: optional(listOf(anArtefact)),
    args: anEncoded,
    logs: optional(aBoolean),
  }),
  get_code: ask<WorkerRequests['get_code']>({ hash: aHash, who: optional(anAddress) }),
  keys: nothing(),
  story: ask<WorkerRequests['story']>({ key: aKey }),
  terminate: ask<WorkerRequests['terminate']>({ reason: optional(aText) }),
}

/** What a heartbeat carries. */
export const workerMetrics = fieldsOf<WorkerMetrics>({
  memory: anAmount,
  managed_bytes: anAmount,
  spilled_bytes: anAmount,
  cpu: anAmount,
  event_loop_delay: anAmount,
  executing: aCount,
  ready: aCount,
  in_flight: aCount,
  in_memory: aCount,
  transfer_incoming_bytes: anAmount,
  transfer_outgoing_bytes: anAmount,
  transfer_incoming_count: aCount,
  transfer_outgoing_count: aCount,
  bandwidth: anAmount,
})

/** For each request to a center. */
export const CENTER_CHECKS: RequestChecks<CenterRequests> = {
  ...NODE_CHECKS,
  'register-worker': ask<{ ask: WorkerInfo; reply: unknown }>({
    address: anAddress,
    name: aName,
    nthreads: aCount,
    memory_limit: orNull(aCount),
    local_directory: aText,
    resources: recordOf(anAmount),
    services: recordOf(aCount),
    nanny: orNull(anAddress),
    supervised: optional(aBoolean),
    pid: aCount,
    host: aText,
    holds: mapOf(aKey, fieldsOf<{ nbytes: number; hash: string }>({ nbytes: aCount, hash: aText })),
  }),
  heartbeat_worker: ask<CenterRequests['heartbeat_worker']>({
    address: anAddress,
    metrics: workerMetrics,
    executing: mapOf(aKey, anAmount),
  }),
  unregister: ask<CenterRequests['unregister']>({ address: anAddress, reason: optional(aText) }),
  who_has: ask<CenterRequests['who_has']>({ keys: optional(keys) }),
  has_what: ask<CenterRequests['has_what']>({ keys: optional(names) }),
  ncores: ask<CenterRequests['ncores']>({ keys: optional(names) }),
  workers: nothing(),
  add_keys: ask<CenterRequests['add_keys']>({
    who: mapOf(anAddress, sizes),
    client: optional(aText),
    replaces: optional(aBoolean),
  }),
  remove_keys: ask<CenterRequests['remove_keys']>({ address: anAddress, keys }),
  delete_data: ask<CenterRequests['delete_data']>({ keys }),
  terminate: ask<CenterRequests['terminate']>({ reason: optional(aText) }),
}

/** For each request to a scheduler. */
export const SCHEDULER_CHECKS: RequestChecks<SchedulerRequests> = {
  ...CENTER_CHECKS,
  'register-client': ask<SchedulerRequests['register-client']>({ client: aText, version: aText }),
  relay: ask<SchedulerRequests['relay']>({ to: anAddress, who: anAddress }),
  get_code: ask<SchedulerRequests['get_code']>({ hash: aHash, who: optional(anAddress) }),
  story: ask<SchedulerRequests['story']>({ key: aKey }),
  get_recipe: ask<SchedulerRequests['get_recipe']>({ key: aKey }),
  explain: ask<SchedulerRequests['explain']>({ key: aKey }),
  progress: ask<SchedulerRequests['progress']>({ client: aText }),
  replicate: ask<SchedulerRequests['replicate']>({ keys, n: aCount, workers: optional(names) }),
  rebalance: ask<SchedulerRequests['rebalance']>({ keys: optional(keys) }),
  retire_workers: ask<SchedulerRequests['retire_workers']>({ workers: names }),
  restart: ask<SchedulerRequests['restart']>({ timeout: optional(anAmount) }),
}

function ask<E>(checks: FieldChecks<Ask<E>>): (ask: Fields) => string | undefined {
  const check: Check = fieldsOf(checks)
  return (fields) => readable(check(fields))
}

function nothing(): (ask: Fields) => string | undefined {
  return () => undefined
}
