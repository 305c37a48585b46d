/** What a client asks of the scheduler about keys and workers. */
import { HeddleError, OptionError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import { shown } from '../util/shown.js'
import { Future } from './future.js'
import { futuresOf, type KeysLike, keysOf, partsOf } from './futures.js'
import { stateAt } from './holds.js'
import { checkKey } from './keys.js'
import { addressesOf } from './run.js'
import type { Session } from './session.js'
import { errorOf } from './value-of.js'

/** A future of a key that is there already. */
export function futureOf(session: Session, key: Key): Future<unknown> {
  session.assertOpen()
  const place = session.wants.acquire(checkKey(key, 'key'))
  if (!stateAt(place).isSettled) session.outbox.say({ op: 'client-desires-keys', keys: [key] })
  return new Future(session, session.wants.holdOne(place), place.index)
}

/** Runs tasks again that failed; of others nothing changes. */
export function retryFailed(session: Session, futures: Future<unknown> | Iterable<Future<unknown>>): void {
  session.assertOpen()
  const failed = futuresOf(futures)
    .map(Future.stateOf)
    .filter(({ status }) => status === 'error')
  if (failed.length === 0) return
  session.outbox.say({ op: 'retry', keys: failed.map(({ key }) => key) })
  for (const state of failed) state.settle(undefined)
}

/** Makes copies: of each key as many as are asked for, at most one on a worker. Futures are waited for first. */
export async function replicateKeys(
  session: Session,
  which: KeysLike,
  { n, workers }: { n?: number; workers?: string | readonly string[] },
): Promise<void> {
  if (n !== undefined && !(Number.isSafeInteger(n) && n >= 1))
    throw new OptionError('n', `must be a whole number from 1, is ${shown(n)}`)
  const keys = await finishedKeys(session, which)
  const addresses = await addressesOf(session, workers === undefined ? undefined : [workers].flat())
  const chosen = workers === undefined ? {} : { workers: addresses }
  await session.request('replicate', { keys, n: n ?? addresses.length, ...chosen })
}

/** Moves data from full workers to empty ones; futures are waited for first. */
export async function rebalanceKeys(session: Session, which: KeysLike | undefined): Promise<void> {
  await session.request('rebalance', which === undefined ? {} : { keys: await finishedKeys(session, which) })
}

/** The keys, when those of futures are in memory. @throws what a task threw; HeddleError for a key that nobody has. */
async function finishedKeys(session: Session, which: KeysLike): Promise<Key[]> {
  const all = partsOf(which)
  const keys = keysOf(all)
  const states = all.filter((one) => one instanceof Future).map(Future.stateOf)
  await session.wait(states, 'all-or-failed')
  const failed = states.find(({ status }) => status === 'error' || status === 'cancelled')
  if (failed !== undefined) throw errorOf(session, failed)
  const { who_has } = await session.request('who_has', { keys })
  const missing = keys.filter((key) => (who_has.get(key)?.length ?? 0) === 0 && !states.some((s) => s.key === key))
  if (missing.length === 0) return keys
  throw new HeddleError('HEDDLE_UNKNOWN_KEY', `no worker has ${missing.map((key) => `'${key}'`).join(', ')}`)
}

/** Moves the data of these workers elsewhere and ends them. */
export async function retire(session: Session, which: string | readonly string[]): Promise<Address[]> {
  const addresses = await addressesOf(session, [which].flat())
  return (await session.request('retire_workers', { workers: addresses })).workers
}
