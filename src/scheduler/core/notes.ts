/** Said unasked: that a task cannot run, after some seconds, once for each reason. */
import { listOf } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { explain } from './explain.js'
import { findTask } from './maps.js'
import { toClient } from './outbox.js'
import { placesOf } from './queueing.js'
import type { State } from './state.js'
import type { Task } from './task.js'

/** How far up a client that waits is sought. */
const LOOKS = 1000

/** Gives the time of the next look. */
export function noteUnrunnable(s: State): number {
  const patience = s.settings.unrunnableNoteMs
  let next = Number.POSITIVE_INFINITY
  for (const [task, since] of s.noWorker)
    if (since + patience <= s.now) tell(s, task, waitersFor(task))
    else next = Math.min(next, since + patience)
  return Math.min(next, noteStuck(s))
}

/** Nobody is there who may run what is in some lines of the queue. */
function noteStuck(s: State): number {
  let next = Number.POSITIVE_INFINITY
  for (const line of s.queue.lines()) {
    if (placesOf(s, line).length > 0) continue
    const due = line.stuckSince + s.settings.unrunnableNoteMs
    const task = line.task ?? (line.map && findTask(s, line.map.keyOf(line.map.next)))
    if (due > s.now) next = Math.min(next, due)
    else if (task !== undefined) tell(s, task, waitersFor(task))
  }
  s.isStuck = next < Number.POSITIVE_INFINITY
  return next
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
