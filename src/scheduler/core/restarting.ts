/** Everything is let go: tasks, results, data. Workers stay, clients are told that their futures are void. */
import { toClient, toWorker } from './outbox.js'
import { messagesIn, voidParts } from './parts.js'
import type { State } from './state.js'
import type { WorkerRecord } from './worker-record.js'

export function onRestart(s: State): void {
  for (const worker of s.workers.values()) freeAll(s, worker)
  for (const client of s.clients.values()) {
    client.job = undefined
    for (const message of client.inbox) client.taken += messagesIn(message)
    client.inbox.length = 0
    voidParts(client)
    client.wants.clear()
    client.load = 0
    toClient(s, client, { op: 'restart' })
  }
  forgetAll(s)
}

function freeAll(s: State, worker: WorkerRecord): void {
  const keys = [...new Set([...worker.processing.keys(), ...worker.hasWhat])].map((task) => task.key)
  if (keys.length > 0) toWorker(s, worker, { op: 'free-keys', keys, stimulus_id: s.stimulus })
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
