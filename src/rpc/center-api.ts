/**
 * What a center answers (a scheduler answers it too), as methods: `rpc<CenterApi>(address)` and a worker's `center` are
 * made of this. Maps of the wire become objects without prototype, so that `const { a } = await center.whoHas(…)` reads well.
 */
import type { WorkerMetrics } from '../protocol/messages.js'
import type { Address, Key } from '../protocol/names.js'
import type { CenterRequests, Identity, WorkerSummary } from '../protocol/requests.js'
import type { Method, MethodTable } from './proxy.js'

export interface CenterApi {
  /** Who the node is. */
  identity(): Promise<Identity>
  ping(): Promise<{ status: 'OK' }>
  /** Which workers hold each key: of all keys unless some are named. A key that nobody has gives an empty list. */
  whoHas(ask?: { keys?: readonly Key[] }): Promise<Record<Key, Address[]>>
  /** Which keys each worker holds. `keys` are names or addresses of workers. */
  hasWhat(ask?: { keys?: readonly string[] }): Promise<Record<Address, Key[]>>
  /** Threads of each worker. `keys` are names or addresses of workers. */
  ncores(ask?: { keys?: readonly string[] }): Promise<Record<Address, number>>
  /** What is known of each worker, by its address. */
  workers(): Promise<Record<Address, WorkerSummary & { metrics?: WorkerMetrics }>>
  /** Tells the center of data that was put on workers: for each, its keys with their size in bytes. */
  addKeys(ask: {
    who: Readonly<Record<Address, Readonly<Record<Key, number>>>>
    replaces?: boolean
  }): Promise<{ status: 'OK' }>
  removeKeys(ask: { address: Address; keys: readonly Key[] }): Promise<{ status: 'OK' }>
  /** Deletes these on every worker that has them. */
  deleteData(ask: { keys: readonly Key[] }): Promise<{ status: 'OK' }>
  /** Ends the node. */
  terminate(ask?: { reason?: string }): Promise<{ status: 'OK' }>
}

type Reply<Op extends keyof CenterRequests> = CenterRequests[Op]['reply']

const same = <R>(reply: R): R => reply
const asIs = (ask: object | undefined): object => ask ?? {}

function plain<Op extends keyof CenterRequests, Args>(op: Op): Method<Args, Reply<Op>> {
  return { op, ask: (args) => asIs(args as object | undefined), result: same as (reply: never) => Reply<Op> }
}

/** The methods of `CenterApi` and the requests they become. */
export const CENTER_METHODS: MethodTable<CenterApi> = {
  identity: { op: 'identity', ask: asIs, result: same },
  ping: plain('ping'),
  whoHas: { op: 'who_has', ask: asIs, result: ({ who_has }: Reply<'who_has'>) => toRecord(who_has) },
  hasWhat: { op: 'has_what', ask: asIs, result: ({ has_what }: Reply<'has_what'>) => toRecord(has_what) },
  ncores: { op: 'ncores', ask: asIs, result: ({ ncores }: Reply<'ncores'>) => toRecord(ncores) },
  workers: { op: 'workers', ask: asIs, result: ({ workers }: Reply<'workers'>) => toRecord(workers) },
  addKeys: { op: 'add_keys', ask: ({ who, ...rest }) => ({ ...rest, who: toMaps(who) }), result: same },
  removeKeys: plain('remove_keys'),
  deleteData: plain('delete_data'),
  terminate: plain('terminate'),
}

function toRecord<V>(map: ReadonlyMap<string, V>): Record<string, V> {
  const record = Object.create(null) as Record<string, V>
  for (const [key, value] of map) record[key] = value
  return record
}

function toMaps(who: Readonly<Record<Address, Readonly<Record<Key, number>>>>): Map<Address, Map<Key, number>> {
  return new Map(Object.entries(who).map(([address, sizes]) => [address, new Map(Object.entries(sizes))]))
}
