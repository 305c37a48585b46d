import type { ClientRecord } from './client-record.js'
import { erredMessage, inMemoryMessage, toClient } from './outbox.js'
import type { State } from './state.js'
import type { Task } from './task.js'

/** A client that comes to a task late is told what the others know. */
export function tellState(s: State, task: Task, client: ClientRecord): void {
  if (task.state === 'memory') return toClient(s, client, inMemoryMessage(task))
  const message = task.state === 'erred' ? erredMessage(task) : undefined
  if (message !== undefined) toClient(s, client, message)
}
