import { HeddleError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import { hashOf } from '../values/hash.js'
import { typenameOf } from '../values/typename.js'
import { Future } from './future.js'
import { stateAt } from './holds.js'
import { freshKey } from './keys.js'
import { checkNames } from './options.js'
import { addressesOf } from './run.js'
import type { Session } from './session.js'

/** Where data goes and what it is called. */
export interface ScatterOptions {
  /** Keys by content, so that equal values share one. Default: fresh keys. */
  hash?: boolean
  /** A copy on each worker. Default: on one of them. */
  broadcast?: boolean
  /** Names, addresses or hosts of the workers to choose from. Default: all. */
  workers?: string | readonly string[]
}

/** A value on its way to the workers. */
interface Parcel {
  readonly key: Key
  readonly encoded: Encoded
  readonly typename: string
}

/** Puts values on workers, spread evenly; a name in `names` is the value's key. @throws CloneError, HeddleError. */
export async function scatterValues(
  session: Session,
  values: readonly unknown[],
  options: ScatterOptions,
  names?: readonly Key[],
): Promise<Future<unknown>[]> {
  session.assertOpen()
  checkNames(options, ['hash', 'broadcast', 'workers'])
  const addresses = await addressesOf(session, options.workers === undefined ? undefined : [options.workers].flat())
  if (addresses.length === 0) throw new HeddleError('HEDDLE_NO_WORKER', 'there is no worker to put data on')
  const memory = addresses.every((address) => address.startsWith('tcp:')) ? 'share' : undefined
  const parcels = values.map((value, i) => pack(value, options, names?.[i], memory))
  const shares = shareOut(session, parcels, addresses, options.broadcast === true)
  await Promise.all(shares.map(([address, share]) => deliver(session, address, share)))
  await announce(session, shares)
  const holders = holdersOf(shares)
  return parcels.map((parcel) => arrived(session, parcel, holders.get(parcel.key) ?? []))
}

/** `memory`: nothing is copied that leaves this process; what stays in it must not be the user's own. */
function pack(value: unknown, { hash }: ScatterOptions, name: Key | undefined, memory: 'share' | undefined): Parcel {
  const root = name === undefined ? 'the value' : `the value of '${name}'`
  const encoded = encode(value, { root, ...(memory && { memory }) })
  const typename = typenameOf(value)
  return { key: name ?? (hash ? `${typename}-${hashOf(encoded)}` : freshKey(typename)), encoded, typename }
}

type Share = readonly [address: Address, parcels: readonly Parcel[]]

/** The next worker after the one that was last given something, so that single values spread as well. */
function shareOut(session: Session, parcels: readonly Parcel[], addresses: readonly Address[], all: boolean): Share[] {
  if (all) return addresses.map((address) => [address, parcels])
  const shares = addresses.map((address): [Address, Parcel[]] => [address, []])
  for (const parcel of parcels) shares[session.turn++ % shares.length]![1].push(parcel)
  return shares.filter(([, share]) => share.length > 0)
}

async function deliver(session: Session, address: Address, parcels: readonly Parcel[]): Promise<void> {
  const data = new Map(parcels.map(({ key, encoded }) => [key, encoded]))
  await session.pool.request(address, 'update_data', { data, report: false })
}

async function announce(session: Session, shares: readonly Share[]): Promise<void> {
  const sizes = (parcels: readonly Parcel[]) => new Map(parcels.map(({ key, encoded }) => [key, encoded.nbytes]))
  await session.request('add_keys', {
    who: new Map(shares.map(([address, parcels]) => [address, sizes(parcels)])),
    client: session.id,
  })
}

function holdersOf(shares: readonly Share[]): Map<Key, Address[]> {
  const holders = new Map<Key, Address[]>()
  for (const [address, parcels] of shares) {
    for (const { key } of parcels) holders.set(key, [...(holders.get(key) ?? []), address])
  }
  return holders
}

function arrived(session: Session, { key, encoded, typename }: Parcel, holders: readonly Address[]): Future<unknown> {
  const place = session.wants.acquire(key)
  stateAt(place).settle({ status: 'finished', nbytes: encoded.nbytes, typename, holders, inline: undefined })
  return new Future(session, session.wants.holdOne(place))
}
