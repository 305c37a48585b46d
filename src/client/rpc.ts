import { readTls, type TlsOptions } from '../comm/tls-credentials.js'
import type { ConnectionPool, RequestOptions } from '../rpc/pool.js'
import { type MethodTable, makeRpc, type Rpc } from '../rpc/proxy.js'
import type { AddressLike } from '../util/address.js'
import { SCHEDULER_METHODS } from './scheduler-api.js'
import { WORKER_METHODS, type WorkerApi } from './worker-api.js'

/** Options of `rpc`. `pool`: connections shared with others. `tls`: for a node at a `tls://` address, without a pool. */
export type RpcOptions = { pool?: ConnectionPool; tls?: TlsOptions } & RequestOptions

/** Every method of every node. Where two have one name, it becomes one request. */
const METHODS = { ...SCHEDULER_METHODS, ...WORKER_METHODS }

/**
 * A proxy of the node at `address`: a worker, a center or a scheduler, by the type that is asked for. Making it opens
 * no connection; a method connects when it is called, within 10 s.
 *
 * @example
 * const alice = rpc<WorkerApi>({ ip: '192.168.0.101', port: 8788 })
 * const { x, y } = await alice.getData({ keys: ['x', 'y'] })
 *
 * @throws OptionError when `address` is none, or for certificates that cannot be used.
 */
export function rpc<Api = WorkerApi>(address: AddressLike, { tls, ...options }: RpcOptions = {}): Rpc<Api> {
  return makeRpc<Api>(address, METHODS as unknown as MethodTable<Api>, { ...options, tls: readTls(tls) })
}
