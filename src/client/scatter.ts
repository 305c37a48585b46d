import { HeddleError, KeyConflictError, OptionError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import { encode } from '../values/encode.js'
import { hashOf } from '../values/hash.js'
import { typenameOf } from '../values/typename.js'
import { Future } from './future.js'
import { stateAt } from './holds.js'
import { checkKey, freshKey } from './keys.js'
import { checkWorkers } from './options.js'
import { type Parcel, send } from './parcels.js'
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

/** @throws OptionError for what is neither a list of values nor a record of them. */
export function checkValues(values: unknown): void {
  if (typeof values !== 'object' || values === null)
    throw new OptionError('values', `must be a list of values, or a record of them, is ${shown(values)}`)
}

function checkOptions(options: ScatterOptions): void {
  checkNames(options, ['hash', 'broadcast', 'workers'])
  if (options.workers !== undefined) checkWorkers('workers', options.workers)
  for (const name of ['hash', 'broadcast'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw new OptionError(name, `must be true or false, is ${shown(options[name])}`)
}

/** Puts values on workers, spread evenly; a name in `names` is the value's key. @throws CloneError, HeddleError. */
export async function scatterValues(
  session: Session,
  values: readonly unknown[],
  options: ScatterOptions,
  names?: readonly Key[],
): Promise<Future<unknown>[]> {
  session.assertOpen()
  checkOptions(options)
  for (const name of names ?? []) checkName(session, name)
  const addresses = await addressesOf(session, options.workers === undefined ? undefined : [options.workers].flat())
  if (addresses.length === 0) throw new HeddleError('HEDDLE_NO_WORKER', 'there is no worker to put data on')
  const memory = addresses.every((address) => address.startsWith('tcp:')) ? 'share' : undefined
  const parcels = values.map((value, i) => pack(value, options, names?.[i], memory))
  const how = { everywhere: options.broadcast, replaces: names !== undefined }
  const holders = await send(session, parcels, addresses, how).catch((error) => {
    letGo(session, parcels)
    throw error
  })
  return parcels.map((parcel) => arrived(session, parcel, holders.get(parcel.key) ?? []))
}

/** `memory`: nothing is copied that leaves this process; what stays in it must not be the user's own. */
function pack(value: unknown, { hash }: ScatterOptions, name: Key | undefined, memory: 'share' | undefined): Parcel {
  const root = name === undefined ? 'the value' : `the value of '${name}'`
  const encoded = encode(value, { root, ...(memory && { memory }) })
  const typename = typenameOf(value)
  return { key: name ?? (hash ? `${typename}-${hashOf(encoded)}` : freshKey(typename)), encoded, typename }
}

/** @throws OptionError for what is no key; KeyConflictError for that of a task of this client. */
function checkName(session: Session, name: Key): void {
  if (session.wants.find(checkKey(name, 'key'))?.site === undefined) return
  const text = `'${name}' is the key of a task of this client. Choose another key, or release its futures first.`
  throw new KeyConflictError(name, text)
}

/** Some of them may have arrived, and are wanted by nobody. */
function letGo(session: Session, parcels: readonly Parcel[]): void {
  for (const { key } of parcels) if (session.wants.find(key) === undefined) session.outbox.release(key)
}

function arrived(session: Session, { key, encoded, typename }: Parcel, holders: readonly Address[]): Future<unknown> {
  const place = session.wants.acquire(key)
  stateAt(place).settle({ status: 'finished', nbytes: encoded.nbytes, typename, holders, inline: undefined })
  return new Future(session, session.wants.holdOne(place))
}
