/** Said unasked: that a task cannot run, after some seconds, once for each reason. */
import { listOf } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { explain } from './explain.js'
import { findTask } from './maps.js'
import { toClient } from './outbox.js'
import type { State } from './state.js'
import type { Task } from './task.js'

/** How far up a client that waits is sought, and how many wants of a client are looked at. */
const LOOKS = 1000

/** Gives the time of the next look. */
export function noteUnrunnable(s: State): number {
  const patience = s.settings.unrunnableNoteMs
  let next = Number.POSITIVE_INFINITY
  for (const [task, since] of s.noWorker)
    if (since + patience <= s.now) tell(s, task, waitersFor(task))
    else next = Math.min(next, since + patience)
  if (s.running.length > 0 || s.counts.queued === 0) return next
  if (s.idleSince + patience > s.now) return Math.min(next, s.idleSince + patience)
  for (const client of s.clients.values()) noteQueued(s, client)
  return next
}

/** Nobody is there for the queue. */
function noteQueued(s: State, client: ClientRecord): void {
  for (const map of s.tasks.openMaps()) if (map.client === client) findTask(s, map.keyOf(map.next))
  let looks = LOOKS
  for (const task of client.wants) {
    if (looks-- === 0) return
    if (task.state === 'queued') return tell(s, task, [client])
  }
}

function tell(s: State, task: Task, clients: readonly ClientRecord[]): void {
  const { obstacle, text } = explain(s, task)
  if (obstacle === undefined) return
  // Its own name apart, the same reason is the same note.
  const reason = text.slice(task.key.length)
  for (const client of clients) {
    if (client.noted.has(reason)) continue
    client.noted.add(reason)
    toClient(s, client, { op: 'note', code: 'HEDDLE_UNRUNNABLE', key: task.key, msg: text })
  }
}

/** Those who want it, or the first that wants something made of it. */
function waitersFor(task: Task): readonly ClientRecord[] {
  const seen = new Set<Task>([task])
  for (const one of seen) {
    if (one.whoWants !== undefined) return listOf(one.whoWants)
    if (seen.size > LOOKS) return []
    for (const waiter of listOf(one.waiters)) seen.add(waiter)
  }
  return []
}
