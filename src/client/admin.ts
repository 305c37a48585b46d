/** What a client asks of the scheduler about keys and workers. */
import type { Address, Key } from '../protocol/names.js'
import { Future } from './future.js'
import { stateAt } from './holds.js'
import { addressesOf } from './run.js'
import type { Session } from './session.js'

/** Some keys: futures or their names, one or many. */
export type KeysLike = Key | Future<unknown> | Iterable<Key | Future<unknown>>

/** The names of these. */
export function keysOf(which: KeysLike): Key[] {
  if (typeof which === 'string') return [which]
  if (which instanceof Future) return [which.key]
  return Array.from(which, (one) => (typeof one === 'string' ? one : one.key))
}

/** The name of this one. */
export function keyOf(which: Key | Future<unknown>): Key {
  return typeof which === 'string' ? which : which.key
}

/** A future of a key that is there already. */
export function futureOf(session: Session, key: Key): Future<unknown> {
  session.assertOpen()
  const place = session.wants.acquire(key)
  if (!stateAt(place).isSettled) session.outbox.say({ op: 'client-desires-keys', keys: [key] })
  return new Future(session, session.wants.holdOne(place), place.index)
}

/** Runs tasks again that failed; of others nothing changes. */
export function retryFailed(session: Session, futures: Iterable<Future<unknown>>): void {
  session.assertOpen()
  const failed = [...futures].map(Future.stateOf).filter(({ status }) => status === 'error')
  if (failed.length === 0) return
  session.outbox.say({ op: 'retry', keys: failed.map(({ key }) => key) })
  for (const state of failed) state.settle(undefined)
}

/** Makes copies: of each key as many as are asked for, at most one on a worker. */
export async function replicateKeys(
  session: Session,
  which: KeysLike,
  { n, workers }: { n?: number; workers?: string | readonly string[] },
): Promise<void> {
  const addresses = await addressesOf(session, workers === undefined ? undefined : [workers].flat())
  const chosen = workers === undefined ? {} : { workers: addresses }
  await session.request('replicate', { keys: keysOf(which), n: n ?? addresses.length, ...chosen })
}

/** Moves the data of these workers elsewhere and ends them. */
export async function retire(session: Session, which: string | readonly string[]): Promise<Address[]> {
  const addresses = await addressesOf(session, [which].flat())
  return (await session.request('retire_workers', { workers: addresses })).workers
}
