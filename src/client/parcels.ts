import type { Address, Key } from '../protocol/names.js'
import type { Encoded } from '../values/encoded.js'
import type { Session } from './session.js'

/** A value on its way to the workers. */
export interface Parcel {
  readonly key: Key
  readonly encoded: Encoded
  readonly typename: string
}

/** `everywhere`: to each worker, else spread. `replaces`: whatever had these keys before is void. */
export interface Sending {
  readonly everywhere?: boolean | undefined
  readonly replaces?: boolean | undefined
}

type Share = readonly [address: Address, parcels: readonly Parcel[]]

/** Puts values on workers, in one message for each, and tells the scheduler. Gives who holds what. */
export async function send(
  session: Session,
  parcels: readonly Parcel[],
  addresses: readonly Address[],
  { everywhere = false, replaces = false }: Sending,
): Promise<Map<Key, Address[]>> {
  const shares: Share[] = everywhere
    ? addresses.map((address) => [address, parcels])
    : shareOut(session, parcels, addresses)
  await Promise.all(shares.map(([address, share]) => deliver(session, address, share)))
  await announce(session, shares, replaces)
  return holdersOf(shares)
}

/** The next worker after the one that was last given something, so that single values spread as well. */
function shareOut(session: Session, parcels: readonly Parcel[], addresses: readonly Address[]): Share[] {
  const shares = addresses.map((address): [Address, Parcel[]] => [address, []])
  for (const parcel of parcels) shares[session.turn++ % shares.length]![1].push(parcel)
  return shares.filter(([, share]) => share.length > 0)
}

async function deliver(session: Session, address: Address, parcels: readonly Parcel[]): Promise<void> {
  const data = new Map(parcels.map(({ key, encoded }) => [key, encoded]))
  await session.pool.request(address, 'update_data', { data, report: false })
}

async function announce(session: Session, shares: readonly Share[], replaces: boolean): Promise<void> {
  const sizes = (parcels: readonly Parcel[]) => new Map(parcels.map(({ key, encoded }) => [key, encoded.nbytes]))
  const who = new Map(shares.map(([address, parcels]) => [address, sizes(parcels)]))
  await session.request('add_keys', { who, client: session.id, ...(replaces && { replaces }) })
}

function holdersOf(shares: readonly Share[]): Map<Key, Address[]> {
  const holders = new Map<Key, Address[]>()
  for (const [address, parcels] of shares) {
    for (const { key } of parcels) holders.set(key, [...(holders.get(key) ?? []), address])
  }
  return holders
}
