/** Everything is let go: tasks, results, data. Clients are told that their futures are void; workers stay, or make room for others. */
import { forEach } from './chores.js'
import type { ClientRecord } from './client-record.js'
import type { Event } from './events.js'
import { freeKey, toClient, toWorker } from './outbox.js'
import { messagesIn, voidParts } from './parts.js'
import { forgetCopies } from './replicas.js'
import { countRunning, holds, type State } from './state.js'
import type { WorkerRecord } from './worker-record.js'

export function onRestart(s: State, { anew = false }: Event & { type: 'restart' }): void {
  s.chores.push(restart(s, anew))
}

/** Workers are told in turns, of very many keys; here all goes at once, when they have been. */
function* restart(s: State, anew: boolean): Generator<void, void> {
  for (const worker of s.workers.values()) yield* freeAll(s, worker)
  for (const task of [...s.goals.keys(), ...s.moves.keys()]) forgetCopies(s, task)
  for (const worker of s.workers.values()) clearWorker(s, worker)
  for (const client of s.clients.values()) clearClient(s, client)
  forgetAll(s)
  if (anew) for (const worker of s.workers.values()) if (worker.info.supervised) replace(s, worker)
  countRunning(s)
}

function replace(s: State, worker: WorkerRecord): void {
  worker.status = 'closing'
  const reason = 'the cluster is restarted'
  toWorker(s, worker, { op: 'close', reason, stimulus_id: s.stimulus, again: true })
  s.out.push({ do: 'close-worker', worker: worker.address, reason })
}

function* freeAll(s: State, worker: WorkerRecord): Generator<void, void> {
  yield* forEach(s, worker.hasWhat, (task) => freeKey(s, worker, task.key))
  yield* forEach(s, worker.processing.keys(), (task) => {
    if (!holds(worker, task)) freeKey(s, worker, task.key)
  })
}

function clearWorker(s: State, worker: WorkerRecord): void {
  for (const task of worker.processing.keys()) worker.ghosts.set(task.key, s.runIdOf(task))
  worker.processing.clear()
  worker.longRunning.clear()
  worker.suspect = undefined
  worker.asks.clear()
  worker.blocked.length = 0
  worker.load.clear()
  worker.inUse.clear()
  worker.hasWhat.clear()
  worker.bytesToFetch = 0
  worker.nbytes = 0
  worker.stealingMs = 0
}

function clearClient(s: State, client: ClientRecord): void {
  client.job = undefined
  for (const message of client.inbox) client.taken += messagesIn(message)
  client.inbox.length = 0
  voidParts(client)
  client.wants.clear()
  client.load = 0
  toClient(s, client, { op: 'restart' })
}

function forgetAll(s: State): void {
  for (const table of [
    s.tasks,
    s.noWorker,
    s.delayed,
    s.inline,
    s.replicated,
    s.goals,
    s.moves,
    s.steals,
    s.hashes,
    s.leaving,
  ])
    table.clear()
  for (const state of Object.keys(s.counts)) s.counts[state as keyof State['counts']] = 0
  for (const prefix of s.prefixes.values()) prefix.users = 0
  for (const hash of s.code.keys()) s.code.set(hash, 0)
  s.recommended.length = 0
  s.later.length = 0
  s.dispatched.length = 0
  s.touched.clear()
  s.queue.clear()
}
