/** What clients say, message by message. One that takes long is done in turns; later ones of that client wait. */
import type { FromClientMessage } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { cancelTasks } from './cancelling.js'
import type { ClientRecord } from './client-record.js'
import { dropClient, goOnLeaving, releaseCode, releaseKeys } from './clients.js'
import type { Event } from './events.js'
import { noteCode, takeGraph } from './graph.js'
import { comeBack, isTired, type Job, START_STEPS } from './jobs.js'
import { findTask } from './maps.js'
import { cancelKeys, log, toClient } from './outbox.js'
import { joined, messagesIn, type Parts } from './parts.js'
import { retryTask } from './retrying.js'
import { addWant, type State } from './state.js'
import { tellState } from './telling.js'
import { settle } from './transitions/engine.js'
import { recommend } from './transitions/recommend.js'

type Handlers = {
  [M in FromClientMessage as M['op']]: (s: State, client: ClientRecord, message: M) => Job | undefined
}

const HANDLERS: Handlers = {
  'update-graph': takeGraph,
  'client-desires-keys': (s, client, { keys }) => desire(s, client, keys),
  'client-releases-keys': (s, client, { keys }) => releaseKeys(s, client, keys),
  'client-releases-code': (s, client, { hashes }) => releaseCode(s, client, hashes),
  'cancel-keys': cancelTasks,
  retry: (s, _client, { keys }) => retry(s, keys),
  'heartbeat-client': () => undefined,
  'close-client': (s, client) => {
    dropClient(s, client)
    return undefined
  },
}

export function onClientMessage(s: State, event: Event & { type: 'client-message' }): void {
  const client = s.clients.get(event.client)
  if (client === undefined) return log(s, 'debug', `${event.message.op} of ${event.client}, which is not here`)
  const message = event.message.op === 'update-graph' ? graphOf(s, client, event.message) : event.message
  if (message === undefined) return
  const wasBusy = client.isBusy
  client.inbox.push(message)
  if (!wasBusy) workOff(s, client)
}

/** Undefined while there is more to come of it. */
function graphOf(s: State, client: ClientRecord, message: FromClientMessage & { op: 'update-graph' }) {
  noteCode(s, client, message)
  return joined(client, message)
}

/** Every client with a long job gets a part of this turn, another one the first each time. */
export function onContinue(s: State): void {
  const busy = [...s.clients.values()].filter((client) => client.isBusy)
  const all = [...busy, ...s.leaving.keys()]
  for (let i = 0; i < all.length; i++) {
    const client = all[(i + s.cause.stimulus) % all.length] as ClientRecord
    s.budget = s.settings.turnSteps / all.length
    if (s.leaving.has(client)) goOnLeaving(s, client)
    else workOff(s, client)
    if (!settle(s)) return
  }
}

function workOff(s: State, client: ClientRecord): void {
  let next = 0
  for (;;) {
    if (client.job === undefined) {
      // What the message before released must not stand in the way of the next.
      if (next >= client.inbox.length || s.budget < 0 || !settle(s)) break
      const message = client.inbox[next++] as FromClientMessage | Parts
      const handler = HANDLERS[message.op] as (s: State, c: ClientRecord, m: typeof message) => Job | undefined
      client.job = handler(s, client, message)
      client.working = messagesIn(message)
    }
    if (client.job !== undefined && client.job.next().done !== true) break
    client.job = undefined
    tookIn(s, client)
  }
  client.inbox.splice(0, next)
  if (client.isBusy) comeBack(s)
}

function tookIn(s: State, client: ClientRecord): void {
  client.taken += client.working
  s.unacknowledged.add(client)
}

export function acknowledge(s: State): void {
  if (s.unacknowledged.size === 0) return
  for (const client of s.unacknowledged) toClient(s, client, { op: 'ack', seq: client.taken })
  s.unacknowledged.clear()
}

function* desire(s: State, client: ClientRecord, keys: readonly Key[]): Job {
  const unknown: Key[] = []
  for (const key of keys) {
    if (isTired(s, START_STEPS)) yield
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

function* retry(s: State, keys: readonly Key[]): Job {
  for (const key of keys) {
    if (isTired(s, START_STEPS)) yield
    const task = s.tasks.get(key)
    if (task?.state === 'erred') retryTask(s, task)
  }
}
