/** Why a decoded map is no message of a stream: the reason, or undefined. Beside `messages.ts`, in its order. */
import { anArtefact } from './check-artefact.js'
import { aMapSpec, aTaskSpec, taskOptions } from './check-graph.js'
import {
  aBoolean,
  aCount,
  addresses,
  aFunctionRef,
  aHash,
  aKey,
  aNumber,
  anAddress,
  anAmount,
  anEncoded,
  anInteger,
  aText,
  both,
  type Check,
  type FieldChecks,
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
import type {
  FailureKind,
  FromClient,
  FromWorker,
  Full,
  TaskLog,
  TaskLogLevel,
  ToClient,
  ToWorker,
  WorkerStatus,
} from './messages.js'
import { isRecord } from './msgpack-extensions.js'

/** For every operation a check of every field: neither can be forgotten. */
type MessageChecks<M> = { readonly [Op in keyof M]: Check }

type Names<T extends string> = { readonly [Name in T]: true }
const namesOf = <T extends string>(names: Names<T>): Check => oneOf(...Object.keys(names))

const workerStatus = namesOf<WorkerStatus>({
  init: true,
  running: true,
  paused: true,
  closing_gracefully: true,
  closing: true,
  closed: true,
  failed: true,
})

const failureKind = namesOf<FailureKind>({
  raised: true,
  timeout: true,
  'thread-died': true,
  load: true,
  result: true,
  memory: true,
})

const logLevel = namesOf<TaskLogLevel>({ log: true, info: true, warn: true, error: true, debug: true })

/** What a task printed, as a client is told. */
export const aTaskLog: Check = fields<TaskLog>({ key: aKey, worker: aText, level: logLevel, text: aText })

const TO_WORKER: MessageChecks<ToWorker> = {
  'compute-task': fields<ToWorker['compute-task']>({
    key: aKey,
    run_id: anInteger,
    priority: listOf(aNumber),
    function: aFunctionRef,
    args: anEncoded,
    who_has: optional(whoHas),
    nbytes: optional(sizes),
    inline: optional(mapOf(aKey, anEncoded)),
    resource_restrictions: optional(recordOf(anAmount)),
    timeout: optional(anAmount),
    attempt: aCount,
    effect: optional(aBoolean),
    mutates: optional(aBoolean),
    logs: optional(aBoolean),
  }),
  'free-keys': fields<ToWorker['free-keys']>({ keys, stimulus_id: aText, reports: optional(aCount) }),
  'remove-replicas': fields<ToWorker['remove-replicas']>({ keys, stimulus_id: aText, reports: optional(aCount) }),
  'acquire-replicas': fields<ToWorker['acquire-replicas']>({ who_has: whoHas, nbytes: sizes, stimulus_id: aText }),
  'steal-request': fields<ToWorker['steal-request']>({ key: aKey, stimulus_id: aText }),
  'refresh-who-has': fields<ToWorker['refresh-who-has']>({ who_has: whoHas, stimulus_id: aText }),
  'worker-status-change': fields<ToWorker['worker-status-change']>({ status: workerStatus, stimulus_id: aText }),
  'remove-worker': fields<ToWorker['remove-worker']>({ worker: anAddress, stimulus_id: aText }),
  close: fields<ToWorker['close']>({ reason: aText, stimulus_id: aText, again: optional(aBoolean) }),
}

const FROM_WORKER: MessageChecks<FromWorker> = {
  'task-finished': fields<FromWorker['task-finished']>({
    key: aKey,
    run_id: anInteger,
    nbytes: aCount,
    typename: aText,
    thread: aCount,
    start: aNumber,
    stop: aNumber,
    inline: optional(anEncoded),
  }),
  'task-erred': fields<FromWorker['task-erred']>({
    key: aKey,
    run_id: anInteger,
    error: anEncoded,
    thread: aCount,
    start: aNumber,
    stop: aNumber,
    kind: failureKind,
  }),
  'add-keys': both<FromWorker['add-keys']>(
    fields<FromWorker['add-keys']>({
      keys,
      nbytes: listOf(aCount),
      replaces: optional(aBoolean),
      hashes: optional(listOf(aText)),
      stimulus_id: aText,
    }),
    (m) => {
      if (m.nbytes.length !== m.keys.length) return 'nbytes and keys differ in length'
      return m.hashes && m.hashes.length !== m.keys.length ? 'hashes and keys differ in length' : undefined
    },
  ),
  'release-worker-data': fields<FromWorker['release-worker-data']>({ keys, stimulus_id: aText }),
  'long-running': fields<FromWorker['long-running']>({ key: aKey, run_id: anInteger, compute_duration: anAmount }),
  reschedule: fields<FromWorker['reschedule']>({ key: aKey, run_id: anInteger }),
  'steal-response': fields<FromWorker['steal-response']>({ key: aKey, state: orNull(aText), stimulus_id: aText }),
  'request-refresh-who-has': fields<FromWorker['request-refresh-who-has']>({ keys, stimulus_id: aText }),
  'task-log': fields<FromWorker['task-log']>({ key: aKey, level: logLevel, text: aText }),
  'task-ended': fields<FromWorker['task-ended']>({ key: aKey, run_id: anInteger }),
  'worker-status-change': fields<FromWorker['worker-status-change']>({
    status: workerStatus,
    full: optional(fields<Full>({ reason: aText, room: aCount })),
    stimulus_id: aText,
  }),
}

const FROM_CLIENT: MessageChecks<FromClient> = {
  'update-graph': fields<FromClient['update-graph']>({
    tasks: listOf(aTaskSpec),
    maps: optional(listOf(aMapSpec)),
    keys,
    options: optional(taskOptions),
    code: optional(listOf(anArtefact)),
    apart: optional(aBoolean),
    more: optional(aBoolean),
  }),
  'client-desires-keys': fields<FromClient['client-desires-keys']>({ keys }),
  'client-releases-keys': fields<FromClient['client-releases-keys']>({ keys }),
  'client-releases-code': fields<FromClient['client-releases-code']>({ hashes: listOf(aHash) }),
  'cancel-keys': fields<FromClient['cancel-keys']>({ keys, force: aBoolean, reason: aText }),
  retry: fields<FromClient['retry']>({ keys }),
  'heartbeat-client': fields({}),
  'close-client': fields({}),
}

const TO_CLIENT: MessageChecks<ToClient> = {
  'stream-start': fields<ToClient['stream-start']>({ epoch: aCount, heartbeat: anAmount }),
  ack: fields<ToClient['ack']>({ seq: aCount }),
  load: fields<ToClient['load']>({ taken: aCount, waiting: aCount }),
  'key-in-memory': fields<ToClient['key-in-memory']>({
    key: aKey,
    nbytes: aCount,
    typename: aText,
    who_has: addresses,
    inline: optional(anEncoded),
  }),
  'task-erred': fields<ToClient['task-erred']>({ key: aKey, error: anEncoded, blame: aKey }),
  'code-lost': fields<ToClient['code-lost']>({ hash: aHash }),
  'lost-data': fields<ToClient['lost-data']>({ key: aKey }),
  'task-retried': fields<ToClient['task-retried']>({ key: aKey }),
  // A reason that a newer scheduler has is shown by its text.
  'cancelled-keys': fields<ToClient['cancelled-keys']>({ keys, reason: aText, msg: aText }),
  note: fields<ToClient['note']>({ code: aText, key: optional(aKey), msg: aText }),
  'task-log': aTaskLog,
  restart: fields({}),
}

/** Why this is no message to a worker from its scheduler or center. */
export const whyNotToWorker: Check = messageCheck(TO_WORKER)
/** Why this is no message of a worker. */
export const whyNotFromWorker: Check = messageCheck(FROM_WORKER)
/** Why this is no message to a client. */
export const whyNotToClient: Check = messageCheck(TO_CLIENT)
/** Why this is no message of a client. */
export const whyNotFromClient: Check = messageCheck(FROM_CLIENT)

function fields<T>(checks: FieldChecks<T>): Check {
  return fieldsOf(checks)
}

/** A Map, since operations come from the network. */
function messageCheck<M>(checks: MessageChecks<M>): Check {
  const byOp = new Map(Object.entries(checks) as [string, Check][])
  return (message) => {
    if (!isRecord(message)) return 'a message is not a set of fields'
    const check = byOp.get(message.op as string)
    if (!check) return `there is no operation ${quoted(message.op)}`
    const reason = check(message)
    return reason === undefined ? undefined : `${message.op}: ${readable(reason)}`
  }
}

function quoted(op: unknown): string {
  return typeof op === 'string' ? `'${op.slice(0, 60)}'` : 'without a name'
}
