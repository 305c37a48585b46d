/** What clients say, message by message. One that takes long is done in turns; later ones of that client wait. */
import type { FromClientMessage } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { cancelTasks } from './cancelling.js'
import type { ClientRecord } from './client-record.js'
import { dropClient, releaseKeys } from './clients.js'
import type { Event } from './events.js'
import { noteCode, takeGraph } from './graph.js'
import { findTask } from './maps.js'
import { cancelKeys, log, toClient } from './outbox.js'
import { retryTask } from './retrying.js'
import { addWant, type State } from './state.js'
import { tellState } from './telling.js'
import { settle } from './transitions/engine.js'
import { recommend } from './transitions/recommend.js'

type Handlers = {
  [M in FromClientMessage as M['op']]: (s: State, client: ClientRecord, message: M) => Iterator<void> | void
}

const HANDLERS: Handlers = {
  'update-graph': takeGraph,
  'client-desires-keys': (s, client, { keys }) => desire(s, client, keys),
  'client-releases-keys': (s, client, { keys }) => releaseKeys(s, client, keys),
  'cancel-keys': cancelTasks,
  retry: (s, _client, { keys }) => retry(s, keys),
  'heartbeat-client': () => {},
  'close-client': (s, client) => dropClient(s, client),
}

/** Steps of long jobs between two looks at other events: some tens of milliseconds. */
const TURN = 8192

export function onClientMessage(s: State, event: Event & { type: 'client-message' }): void {
  const client = s.clients.get(event.client)
  if (client === undefined) return log(s, 'debug', `${event.message.op} of ${event.client}, which is not here`)
  if (event.message.op === 'update-graph') noteCode(s, client, event.message)
  client.inbox.push(event.message)
  if (client.job !== undefined) return
  s.budget = TURN
  workOff(s, client)
}

/** Every client with a long job gets a part of this turn. */
export function onContinue(s: State): void {
  s.continuing = false
  const busy = [...s.clients.values()].filter((client) => client.job !== undefined)
  for (const client of busy) {
    s.budget = TURN / busy.length
    workOff(s, client)
    settle(s)
  }
}

function workOff(s: State, client: ClientRecord): void {
  let next = 0
  for (;;) {
    if (client.job !== undefined) {
      if (client.job.next().done !== true) break
      client.job = undefined
      tookIn(s, client)
    }
    const message = client.inbox[next++]
    if (message === undefined) break
    const handler = HANDLERS[message.op] as (s: State, c: ClientRecord, m: FromClientMessage) => Iterator<void> | void
    client.job = handler(s, client, message) ?? undefined
    if (client.job === undefined) tookIn(s, client)
    // What this message released must not stand in the way of the next.
    if (next < client.inbox.length || client.job !== undefined) settle(s)
  }
  client.inbox.splice(0, Math.min(next, client.inbox.length))
  if (client.job !== undefined) comeBack(s)
}

function tookIn(s: State, client: ClientRecord): void {
  client.taken++
  s.unacknowledged.add(client)
}

export function acknowledge(s: State): void {
  for (const client of s.unacknowledged) toClient(s, client, { op: 'ack', seq: client.taken })
  s.unacknowledged.clear()
}

function comeBack(s: State): void {
  if (s.continuing) return
  s.continuing = true
  s.out.push({ do: 'continue' })
}

function desire(s: State, client: ClientRecord, keys: readonly Key[]): void {
  const unknown: Key[] = []
  for (const key of keys) {
    const task = findTask(s, key)
    if (task === undefined) {
      unknown.push(key)
      continue
    }
    addWant(task, client)
    tellState(s, task, client)
    if (task.state === 'released') recommend(s, task, 'waiting')
  }
  cancelKeys(s, client, unknown, 'unknown-key', 'nobody here knows that key: it was never submitted, or was released')
}

function retry(s: State, keys: readonly Key[]): void {
  for (const key of keys) {
    const task = s.tasks.get(key)
    if (task?.state === 'erred') retryTask(s, task)
  }
}
