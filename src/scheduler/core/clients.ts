/** Clients come and go. What they want keeps data alive; a lost one's wants are kept for a grace. */
import type { Key } from '../../protocol/names.js'
import { ClientRecord } from './client-record.js'
import type { Event } from './events.js'
import { isTired, type Job } from './jobs.js'
import { dropMaps, releaseItem } from './maps.js'
import { wakeAt } from './outbox.js'
import { dropUnusedCode, removeWant, type State, wants } from './state.js'
import { releaseIfUnneeded } from './transitions/release.js'

/** One that was lost and comes back within its grace finds its wants as they were. */
export function onClientJoined(s: State, { client: id }: Event & { type: 'client-joined' }): void {
  const known = s.clients.get(id)
  if (known !== undefined) known.lostUntil = undefined
  else s.clients.set(id, new ClientRecord(id, false))
}

export function onClientLeft(s: State, event: Event & { type: 'client-left' }): void {
  const client = s.clients.get(event.client)
  if (client === undefined || client.pseudo) return
  // The rest of it will not come.
  client.parts = undefined
  if (!event.lost || s.settings.clientGraceMs === 0) return dropClient(s, client)
  client.lostUntil = s.now + s.settings.clientGraceMs
  wakeAt(s, client.lostUntil)
}

/**
 * Everything that only it wanted goes, in turns; a graph that was still being taken in goes whole. It is heard and told
 * nothing from now on.
 */
export function dropClient(s: State, client: ClientRecord): void {
  const { job } = client
  client.job = undefined
  client.inbox.length = 0
  client.lostUntil = 0
  s.clients.delete(client.id)
  dropMaps(s, client)
  for (const hash of client.code.keys()) dropUnusedCode(s, hash)
  s.leaving.set(client, letGo(s, client, job))
  goOnLeaving(s, client)
}

/** A turn of it. */
export function goOnLeaving(s: State, client: ClientRecord): void {
  if (s.leaving.get(client)?.next().done === true) s.leaving.delete(client)
}

function* letGo(s: State, client: ClientRecord, job: Job | undefined): Job {
  if (job !== undefined) yield* endOf(job)
  for (const task of client.wants.drain()) {
    if (isTired(s)) yield
    removeWant(task, client)
    releaseIfUnneeded(s, task)
  }
}

/** A job that is broken off undoes what it has done so far. */
function* endOf(job: Job): Job {
  for (let step = job.return(); step.done !== true; step = job.next()) yield
}

/** It will send that again before it uses it. */
export function* releaseCode(s: State, client: ClientRecord, hashes: readonly string[]): Job {
  for (const hash of hashes) {
    if (isTired(s)) yield
    const sent = client.code.get(hash) ?? 0
    if (sent > 1) client.code.set(hash, sent - 1)
    else if (client.code.delete(hash)) dropUnusedCode(s, hash)
  }
}

export function* releaseKeys(s: State, client: ClientRecord, keys: readonly Key[]): Job {
  for (const key of keys) {
    if (isTired(s)) yield
    if (releaseItem(s, client, key)) continue
    const task = s.tasks.get(key)
    if (task === undefined || !wants(client, task)) continue
    removeWant(task, client)
    releaseIfUnneeded(s, task)
  }
}

/** Those whose grace is over. Gives the time of the next look. */
export function expireClients(s: State): number {
  let next = Number.POSITIVE_INFINITY
  for (const client of [...s.clients.values()]) {
    const until = client.lostUntil
    if (until === undefined) continue
    if (until <= s.now) dropClient(s, client)
    else next = Math.min(next, until)
  }
  return next
}
