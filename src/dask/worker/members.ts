/** Which workers of a cluster run Python. */
import type { Address } from '../../protocol/names.js'
import { isOurs } from '../client/members.js'
import { type Fields, fieldsOf } from '../wire/plain.js'

/** Whether one of these workers runs Python; of all, if none are named. By address, name or host. */
export function hasPython(identity: unknown, named: readonly string[] | undefined): boolean {
  const workers = fieldsOf(fieldsOf(identity, 'an identity').get('workers'), 'workers')
  return [...workers].some(([address, worker]) => {
    const fields = fieldsOf(worker, 'a worker')
    return !isOurs(fields) && (named === undefined || isNamed(String(address), fields, named))
  })
}

/** Addresses of those that run Python. */
export function pythonWorkers(identity: unknown): Address[] {
  const workers = [...fieldsOf(fieldsOf(identity, 'an identity').get('workers'), 'workers')]
  return workers.filter(([, worker]) => !isOurs(fieldsOf(worker, 'a worker'))).map(([address]) => String(address))
}

function isNamed(address: string, worker: Fields, named: readonly string[]): boolean {
  const names = [address, address.replace(/^\w+:\/\//, ''), String(worker.get('name')), String(worker.get('host'))]
  return named.some((one) => names.includes(one))
}
