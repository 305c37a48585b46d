/** What a Dask scheduler tells its workers, as a scheduler of ours would; but for tasks, which are in `stream.ts`. */
import type { ToWorkerMessage } from '../../protocol/messages.js'
import type { Address, Key } from '../../protocol/names.js'
import { keyText } from '../keys.js'
import { type Fields, fieldsOf, listOf } from '../wire/plain.js'

/** Nothing that we have reported is newer than an order: Dask keeps no count. */
const ALL_REPORTS = Number.MAX_SAFE_INTEGER

const NO_STIMULUS = 'dask'

/** Undefined: it asks for nothing. `isRetiring`: the worker was told that it is to go for good. */
export function fromDask(message: Fields, isRetiring: boolean): ToWorkerMessage | undefined {
  const stimulus_id = String(message.get('stimulus_id') ?? NO_STIMULUS)
  const op = message.get('op')
  switch (op) {
    case 'free-keys':
    case 'remove-replicas':
      return { op, keys: keysIn(message), stimulus_id, reports: ALL_REPORTS }
    case 'acquire-replicas':
      return { op, who_has: holdersIn(message), nbytes: sizesIn(message), stimulus_id }
    case 'steal-request':
      return { op, key: keyText(message.get('key')), stimulus_id }
    case 'refresh-who-has':
      return { op, who_has: holdersIn(message), stimulus_id }
    case 'worker-status-change':
      return { op, status: String(message.get('status')) as 'running', stimulus_id }
    case 'remove-worker':
      return { op, worker: String(message.get('worker')), stimulus_id }
    case 'close':
      return closeOf(String(message.get('reason') ?? 'no reason'), stimulus_id, isRetiring)
    // `close-stream`: the connection ends by itself. `cancel-compute`: nothing that has begun is stopped by it, and the
    // result of the rest is freed. Others are of releases to come.
    default:
      return undefined
  }
}

/** A restart of the cluster sends workers away in the same words; Dask's nannies then start new ones. */
function closeOf(reason: string, stimulus_id: string, isRetiring: boolean): ToWorkerMessage {
  const again = reason === 'scheduler-remove-worker' && !isRetiring
  return { op: 'close', reason: `its scheduler said so (${reason})`, stimulus_id, ...(again && { again }) }
}

/** The keys that a message names. */
export function keysIn(message: Fields): Key[] {
  const keys = message.get('keys')
  return (keys instanceof Set ? [...keys] : listOf(keys, 'keys')).map(keyText)
}

/** Of what a task needs, or of what is to be fetched. */
export function holdersIn(message: Fields): Map<Key, Address[]> {
  const holders = new Map<Key, Address[]>()
  for (const [key, addresses] of fieldsOf(message.get('who_has') ?? new Map(), 'who_has'))
    holders.set(keyText(key), listOf(addresses, 'the holders of a key').map(String))
  return holders
}

/** Bytes of what it names, as far as they are known. */
export function sizesIn(message: Fields): Map<Key, number> {
  const sizes = new Map<Key, number>()
  for (const [key, size] of fieldsOf(message.get('nbytes') ?? new Map(), 'nbytes'))
    if (typeof size === 'number' && size >= 0) sizes.set(keyText(key), Math.round(size))
  return sizes
}
