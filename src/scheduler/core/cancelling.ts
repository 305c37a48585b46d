/** Cancelling is stronger than releasing: what depends on the result goes too (semantics.md §4.3). */
import type { FromClient } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { listOf } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { findTask, releaseItem } from './maps.js'
import { cancelKeys } from './outbox.js'
import { removeWant, type State } from './state.js'
import type { Task } from './task.js'
import { releaseIfUnneeded } from './transitions/release.js'

/** A task that others want too goes on for them; only with `force` it ends for all. */
export function cancelTasks(s: State, client: ClientRecord, message: FromClient['cancel-keys']): void {
  const told = new Map<ClientRecord, Key[]>()
  for (const key of message.keys) {
    if (releaseItem(s, client, key)) noteCancelled(told, client, key)
    const task = findTask(s, key)
    if (task !== undefined) cancelWithDependents(s, client, task, message.force, told)
  }
  for (const [wanter, keys] of told) cancelKeys(s, wanter, keys, 'cancelled', message.reason)
}

/** Dependents first, so that nothing is made again for the sake of what goes next. */
function cancelWithDependents(
  s: State,
  client: ClientRecord,
  task: Task,
  force: boolean,
  told: Map<ClientRecord, Key[]>,
): void {
  for (const one of coneOf(client, task, force)) {
    for (const wanter of force ? listOf(one.whoWants) : [client]) {
      if (!wanter.wants.has(one)) continue
      removeWant(one, wanter)
      noteCancelled(told, wanter, one.key)
    }
    releaseIfUnneeded(s, one)
  }
}

/** The task and all that depends on it, as far as it is this client's alone; dependents before what they depend on. */
function coneOf(client: ClientRecord, task: Task, force: boolean): Task[] {
  const found = new Set<Task>()
  const order: Task[] = []
  const stack: (Task | undefined)[] = [task]
  const path: Task[] = []
  while (stack.length > 0) {
    const next = stack.pop()
    if (next === undefined) {
      order.push(path.pop() as Task)
      continue
    }
    if (found.has(next)) continue
    found.add(next)
    path.push(next)
    stack.push(undefined)
    if (force || next.whoWants === client || next.whoWants === undefined) stack.push(...listOf(next.dependents))
  }
  return order
}

function noteCancelled(told: Map<ClientRecord, Key[]>, client: ClientRecord, key: Key): void {
  const keys = told.get(client)
  if (keys === undefined) told.set(client, [key])
  else keys.push(key)
}
