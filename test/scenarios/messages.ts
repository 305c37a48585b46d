/** Messages of the streams in short: stimulus ids, functions, arguments and timings are left out. */
import type { FromWorkerMessage, ToClientMessage, ToWorkerMessage } from '../../src/protocol/messages.js'
import { holdings, only, textOf } from './words.js'

type Sayings<M extends { op: string }> = { [O in M['op']]: (m: Extract<M, { op: O }>) => string }

const TO_WORKER: Sayings<ToWorkerMessage> = {
  'compute-task': (m) =>
    only(
      `${m.key} ${run(m.run_id)}`,
      m.attempt > 1 && `try=${m.attempt}`,
      m.who_has && `needs ${holdings(m.who_has)}`,
      m.inline && `inline ${[...m.inline.keys()].join(' ')}`,
      m.resource_restrictions && `resources ${amountsOf(m.resource_restrictions)}`,
      m.timeout !== undefined && `timeout=${m.timeout}`,
      m.effect && 'effect',
    ),
  'free-keys': (m) => only(...m.keys, m.reports !== undefined && `reports=${m.reports}`),
  'remove-replicas': (m) => only(...m.keys, m.reports !== undefined && `reports=${m.reports}`),
  'acquire-replicas': (m) => holdings(m.who_has),
  'steal-request': (m) => m.key,
  'refresh-who-has': (m) => holdings(m.who_has),
  'worker-status-change': (m) => m.status,
  'remove-worker': (m) => m.worker,
  close: (m) => `"${m.reason}"`,
}

const FROM_WORKER: Sayings<FromWorkerMessage> = {
  'task-finished': (m) => only(`${m.key} ${run(m.run_id)} ${m.nbytes} bytes`, m.inline && 'inline'),
  'task-erred': (m) => `${m.key} ${run(m.run_id)} ${m.kind} "${textOf(m.error)}"`,
  'add-keys': (m) => only(...m.keys, m.replaces && 'replaces'),
  'release-worker-data': (m) => m.keys.join(' '),
  'long-running': (m) => `${m.key} ${run(m.run_id)}`,
  reschedule: (m) => `${m.key} ${run(m.run_id)}`,
  'steal-response': (m) => `${m.key} ${m.state ?? 'unknown'}`,
  'request-refresh-who-has': (m) => m.keys.join(' '),
  'task-ended': (m) => `${m.key} ${run(m.run_id)}`,
  'worker-status-change': (m) => (m.full ? `${m.status}, full, room for ${m.full.room} bytes` : m.status),
  'task-log': (m) => m.key,
}

const TO_CLIENT: Sayings<ToClientMessage> = {
  'stream-start': () => '',
  ack: (m) => String(m.seq),
  load: (m) => `${m.taken} taken in, ${m.waiting} waiting`,
  'key-in-memory': (m) =>
    only(`${m.key} ${m.nbytes} bytes`, `at ${m.who_has.join(',') || 'nobody'}`, m.inline && 'inline'),
  'task-erred': (m) => only(m.key, m.blame !== m.key && `because of ${m.blame}`, `"${textOf(m.error)}"`),
  'code-lost': (m) => m.hash,
  'lost-data': (m) => m.key,
  'task-retried': (m) => m.key,
  'cancelled-keys': (m) => `${m.keys.join(' ')} ${m.reason} "${m.msg}"`,
  'task-log': (m) => m.key,
  note: (m) => only(m.code, m.key, `"${m.msg}"`),
  restart: () => '',
}

/** What a scheduler says to a worker. */
export function toWorker(message: ToWorkerMessage): string {
  return say(TO_WORKER as Sayings<{ op: string }>, message)
}

/** What a worker says to its scheduler. */
export function fromWorker(message: FromWorkerMessage): string {
  return say(FROM_WORKER as Sayings<{ op: string }>, message)
}

/** What a scheduler says to a client. */
export function toClient(message: ToClientMessage): string {
  return say(TO_CLIENT as Sayings<{ op: string }>, message)
}

/** Without the scheduler's epoch; direct calls have negative ones. */
export function run(id: number): string {
  return id < 0 ? 'run=own' : `run=${id % 2 ** 32}`
}

export function amountsOf(amounts: Readonly<Record<string, number>>): string {
  return Object.entries(amounts)
    .map(([name, n]) => `${name}:${n}`)
    .join(',')
}

function say(sayings: Sayings<{ op: string }>, message: { op: string }): string {
  return only(message.op, sayings[message.op]?.(message))
}
