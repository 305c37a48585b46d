/** Our workers in a Dask cluster, as a client sees them. */
import type { Address } from '../../protocol/names.js'
import type { StreamLine } from '../../rpc/foreign.js'
import { TAG } from '../typescript.js'
import { packDask, unpackDask } from '../wire/codec.js'
import { type Fields, fieldsOf } from '../wire/plain.js'

/** Whether a worker, as the scheduler shows it, is one of ours. */
export function isOurs(worker: Fields): boolean {
  const resources = worker.get('resources')
  return resources instanceof Map && resources.has(TAG)
}

/** Addresses of our workers. */
export async function ourWorkers(line: StreamLine): Promise<Address[]> {
  const identity = unpackDask(await line.beside(packDask({ op: 'identity', n_workers: -1, reply: true })))
  const workers = [...fieldsOf(fieldsOf(identity, 'an identity').get('workers'), 'workers')]
  return workers.filter(([, worker]) => isOurs(fieldsOf(worker, 'a worker'))).map(([address]) => String(address))
}

/** Copies data to all of these workers. */
export async function replicate(line: StreamLine, keys: readonly string[], workers: readonly string[]): Promise<void> {
  await line.beside(packDask({ op: 'replicate', keys, n: workers.length, workers, delete: false, reply: true }))
}
