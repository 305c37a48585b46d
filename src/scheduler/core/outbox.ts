/** Saying things. Messages of one event are collected in `state.out`, in order. */
import type { CancelReason, ToClientMessage, ToWorkerMessage } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import type { ClientRecord } from './client-record.js'
import type { State } from './state.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** In one message. */
const KEYS_MAX = 4096

export function toWorker(s: State, worker: WorkerRecord, message: ToWorkerMessage): void {
  if (worker.status === 'closed') return
  worker.openFree = undefined
  s.out.push({ do: 'to-worker', worker: worker.address, message })
}

/** Frees that follow one another travel together. */
export function freeKey(s: State, worker: WorkerRecord, key: Key): void {
  const open = worker.openFreeAt === s.cause.stimulus ? worker.openFree : undefined
  if (open !== undefined && open.keys.length < KEYS_MAX) {
    open.keys.push(key)
    return
  }
  const message = { op: 'free-keys' as const, keys: [key], stimulus_id: s.stimulus, ...heardOf(worker) }
  toWorker(s, worker, message)
  worker.openFree = message
  worker.openFreeAt = s.cause.stimulus
}

/**
 * Tells a worker that its copies do not count. It may object with add-keys if it needs one, and names the stimulus then;
 * what it needed may have been on its way to it, so it is told `again` once.
 */
export function removeReplicas(s: State, worker: WorkerRecord, keys: Key[], again = false): void {
  const stimulus_id = again ? `again-${s.stimulus}` : s.stimulus
  if (keys.length > 0) toWorker(s, worker, { op: 'remove-replicas', keys, stimulus_id, ...heardOf(worker) })
}

/** What the worker puts in place of these values while the order is on its way is not meant. */
function heardOf(worker: WorkerRecord): { reports?: number } {
  return worker.reports === 0 ? {} : { reports: worker.reports }
}

/** How an add-keys came about that objects to a remove-replicas. */
export function objectionOf(stimulus: string): 'first' | 'second' | undefined {
  if (!stimulus.startsWith('remove-replicas')) return undefined
  return stimulus.startsWith('remove-replicas-again') ? 'second' : 'first'
}

export function toClient(s: State, client: ClientRecord, message: ToClientMessage): void {
  if (client.pseudo || client.lostUntil !== undefined) return
  s.out.push({ do: 'to-client', client: client.id, message })
}

/** Tells all who want it. */
export function toWanters(s: State, task: Task, message: ToClientMessage): void {
  if (task.whoWants === undefined) return
  if (!(task.whoWants instanceof Set)) toClient(s, task.whoWants, message)
  else for (const client of task.whoWants) toClient(s, client, message)
}

export function inMemoryMessage(task: Task): ToClientMessage {
  const { key, nbytes, typename, inline } = task
  const who_has = holdersOf(task)
  if (inline === undefined) return { op: 'key-in-memory', key, nbytes, typename, who_has }
  return { op: 'key-in-memory', key, nbytes, typename, who_has, inline }
}

export function erredMessage(task: Task): ToClientMessage | undefined {
  const error = task.failure
  return error && { op: 'task-erred', key: task.key, error, blame: task.blame?.key ?? task.key }
}

const NOBODY: string[] = []

/** The addresses of those who have a copy; to be read only. */
export function holdersOf(task: Task): string[] {
  if (task.whoHas === undefined) return NOBODY
  if (!(task.whoHas instanceof Set)) return task.whoHas.alone
  return Array.from(task.whoHas, (w) => w.address)
}

export function cancelKeys(s: State, client: ClientRecord, keys: Key[], reason: CancelReason, msg: string): void {
  for (let i = 0; i < keys.length; i += KEYS_MAX)
    toClient(s, client, { op: 'cancelled-keys', keys: keys.slice(i, i + KEYS_MAX), reason, msg })
}

export function log(s: State, level: 'debug' | 'info' | 'warn' | 'error', text: string, key?: Key): void {
  s.out.push(key === undefined ? { do: 'log', level, text } : { do: 'log', level, text, key })
}

/** Asks for a tick at that time, unless an earlier one is under way. */
export function wakeAt(s: State, time: number): void {
  if (s.wakeAt !== undefined && s.wakeAt <= time) return
  s.wakeAt = time
  s.out.push({ do: 'wake-at', time })
}
