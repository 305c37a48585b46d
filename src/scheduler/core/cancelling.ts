/** Cancelling is stronger than releasing: what depends on the result goes too (semantics.md §4.3). */
import type { FromClient } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { listOf } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { isTired, type Job } from './jobs.js'
import { findTask, releaseItem } from './maps.js'
import { cancelKeys } from './outbox.js'
import { removeWant, type State, wants } from './state.js'
import type { Task } from './task.js'
import { releaseIfUnneeded } from './transitions/release.js'

/** A task that others want too goes on for them; only with `force` it ends for all. */
export function* cancelTasks(s: State, client: ClientRecord, message: FromClient['cancel-keys']): Job {
  const told = new Told(s, message.reason)
  for (const key of message.keys) {
    if (isTired(s)) yield told.flush()
    if (releaseItem(s, client, key)) told.note(client, key)
    const task = findTask(s, key)
    if (task !== undefined) yield* cancelWithDependents(s, client, task, message.force, told)
  }
  told.flush()
}

/** Who is to be told of which keys. */
class Told {
  readonly #keys = new Map<ClientRecord, Key[]>()

  constructor(
    readonly s: State,
    readonly reason: string,
  ) {}

  note(client: ClientRecord, key: Key): void {
    const keys = this.#keys.get(client)
    if (keys === undefined) this.#keys.set(client, [key])
    else keys.push(key)
  }

  flush(): void {
    for (const [client, keys] of this.#keys) cancelKeys(this.s, client, keys, 'cancelled', this.reason)
    this.#keys.clear()
  }
}

/** Dependents first, so that nothing is made again for the sake of what goes next. */
function* cancelWithDependents(s: State, client: ClientRecord, task: Task, force: boolean, told: Told): Job {
  const cone = task.dependents === undefined ? [task] : yield* coneOf(s, client, task, force)
  for (const one of cone) {
    if (isTired(s)) yield told.flush()
    for (const wanter of force ? listOf(one.whoWants) : [client]) {
      if (!wants(wanter, one)) continue
      removeWant(one, wanter)
      told.note(wanter, one.key)
    }
    releaseIfUnneeded(s, one)
  }
}

/** The task and all that depends on it, as far as it is this client's alone; dependents before what they depend on. */
function* coneOf(s: State, client: ClientRecord, task: Task, force: boolean): Generator<void, Task[]> {
  const found = new Set<Task>()
  const order: Task[] = []
  const stack: (Task | undefined)[] = [task]
  const path: Task[] = []
  while (stack.length > 0) {
    if (isTired(s)) yield
    const next = stack.pop()
    if (next === undefined) {
      order.push(path.pop() as Task)
      continue
    }
    if (found.has(next)) continue
    found.add(next)
    path.push(next)
    stack.push(undefined)
    if (force || next.whoWants === client || next.whoWants === undefined)
      for (const dependent of listOf(next.dependents)) stack.push(dependent)
  }
  return order
}
