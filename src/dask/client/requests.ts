/** What a client of ours asks of a Dask scheduler or worker, in their words. */
import { DecodeError, HeddleError, PythonError } from '../../errors.js'
import type { ForeignCaller, Line } from '../../rpc/foreign.js'
import { Encoded } from '../../values/encoded.js'
import { keyOf, keyText, theirKeys } from '../keys.js'
import { packDask, unpackDask } from '../wire/codec.js'
import { type Fields, fieldsOf, listOf } from '../wire/plain.js'
import { WORKER_REQUESTS } from '../worker/requests.js'
import { errorIn } from './failures.js'
import { isOurs } from './members.js'

type Ask = Readonly<Record<string, unknown>>
/** Asks that of the node at hand. */
export type Asked = (op: string, fields?: object) => Promise<unknown>

/** One request in our form, asked in theirs. */
export type Request = (ask: Ask, asked: Asked, line: Line) => Promise<unknown>

const OK = { status: 'OK' }

const REQUESTS: Readonly<Record<string, Request>> = {
  ping: async (_, asked) => {
    await asked('identity', { n_workers: 0 })
    return OK
  },
  identity: async (_, asked, { peer }) => {
    const identity = fieldsOf(await asked('identity'), 'an identity')
    const type = String(identity.get('type'))
    return {
      type: type === 'Worker' ? 'Worker' : 'Scheduler',
      id: String(identity.get('id')),
      address: peer,
      version: 'dask',
      pid: 0,
      system: 'dask',
    }
  },
  workers: async (_, asked) => {
    const { workers } = await membersOf(asked)
    return { status: 'OK', workers: new Map([...workers].map(([address, one]) => [address, summaryOf(one)])) }
  },
  who_has: async ({ keys }, asked) => ({
    status: 'OK',
    who_has: listsOf(await asked('who_has', { keys: keys === undefined ? null : theirKeys(keys as string[]) })),
  }),
  has_what: async ({ keys }, asked) => ({
    status: 'OK',
    has_what: listsOf(await asked('has_what', { workers: keys ?? null })),
  }),
  ncores: async ({ keys }, asked) => ({
    status: 'OK',
    ncores: new Map([...fieldsOf(await asked('ncores', { workers: keys ?? null }), 'ncores')]),
  }),
  update_data: async ({ data }, asked) => {
    const reply = fieldsOf(await asked('update_data', { data: theirs(data) }), 'an answer to update_data')
    const nbytes = [...fieldsOf(reply.get('nbytes') ?? new Map(), 'nbytes')]
    return { status: 'OK', nbytes: new Map(nbytes.map(([key, size]) => [keyText(key), size])) }
  },
  add_keys: async ({ who, client }, asked) => {
    await asked('update_data', {
      ...placesOf(who as ReadonlyMap<string, ReadonlyMap<string, number>>),
      client: client ?? null,
    })
    return OK
  },
  replicate: async ({ keys, n, workers }, asked) => {
    await asked('replicate', { keys: theirKeys(keys as string[]), n, workers: workers ?? null, delete: false })
    return OK
  },
  rebalance: async ({ keys }, asked) => {
    await asked('rebalance', { keys: keys === undefined ? null : theirKeys(keys as string[]) })
    return OK
  },
  retire_workers: async ({ workers }, asked) => {
    const { workers: known } = await membersOf(asked)
    const names = (workers as string[]).map(String)
    const chosen = [...known].filter(
      ([address, one]) => names.includes(address) || names.includes(String(one.get('name'))),
    )
    const retired = fieldsOf(
      await asked('retire_workers', { workers: chosen.map(([address]) => address), close_workers: true }),
      'workers',
    )
    return { status: 'OK', workers: [...retired.keys()] }
  },
  restart: async ({ timeout }, asked) => {
    const ms = timeout as number
    const waiting = { timeout: Math.max(ms, 1) / 1000, wait_for_workers: ms > 0 }
    await asked('restart', { stimulus_id: `restart-${Date.now()}`, ...waiting })
    return { status: 'OK', workers: [...(await membersOf(asked)).workers.keys()], missing: [] }
  },
}

/** Asks on one connection. */
export class DaskCaller implements ForeignCaller {
  #isScheduler: boolean | undefined

  async ask(op: string, ask: object, line: Line): Promise<unknown> {
    const asked = (theirs: string, fields: object = {}) => exchange(line, theirs, fields)
    if (op === 'get_data') return await this.#getData(ask as Ask, asked, line)
    const request = REQUESTS[op] ?? WORKER_REQUESTS[op]
    if (request !== undefined) return await request(ask as Ask, asked, line)
    throw new HeddleError('HEDDLE_DASK', `'${op}' is nothing that a Dask node knows (${line.peer}): see docs/dask.md`)
  }

  /** A scheduler has no data; it gathers it from its workers. */
  async #getData(ask: Ask, asked: Asked, line: Line): Promise<unknown> {
    const keys = theirKeys(ask.keys as string[])
    this.#isScheduler ??= fieldsOf(await asked('identity', {}), 'an identity').get('type') !== 'Worker'
    if (this.#isScheduler) return gathered(fieldsOf(await asked('gather', { keys }), 'an answer to gather'))
    const reply = fieldsOf(await asked('get_data', { keys, who: ask.who ?? null }), 'an answer to get_data')
    if (reply.get('status') === 'busy') return { status: 'busy', data: new Map() }
    // The one who asked says that it has arrived, before anything else.
    line.tell(packDask('OK'))
    return { status: 'OK', data: valuesIn(reply.get('data')) }
  }
}

/** Asks that in their words. @throws HeddleError, with Python's exception as its cause. */
export async function exchange(line: Line, op: string, fields: object): Promise<unknown> {
  const reply = unpackDask(await line.ask(packDask({ ...fields, op, reply: true })))
  if (reply instanceof Map && reply.get('status') === 'uncaught-error') throw failed(reply, op, line)
  return reply
}

function failed(reply: Fields, op: string, line: Line): Error {
  const cause = errorIn(reply)
  const text = cause instanceof PythonError ? `${cause.type}: ${cause.message}` : 'it failed'
  return new HeddleError('HEDDLE_DASK', `'${op}' failed at ${line.peer}: ${text}`, { cause })
}

/** What nobody had is not there. */
function gathered(reply: Fields): unknown {
  return { status: 'OK', data: reply.get('status') === 'OK' ? valuesIn(reply.get('data')) : new Map() }
}

function valuesIn(data: unknown): Map<string, Encoded> {
  const values = new Map<string, Encoded>()
  for (const [key, value] of fieldsOf(data, 'data')) {
    if (!(value instanceof Encoded)) throw new DecodeError(`${keyText(key)} came as no value`)
    values.set(keyText(key), value)
  }
  return values
}

async function membersOf(asked: Asked): Promise<{ workers: Map<string, Fields> }> {
  const identity = fieldsOf(await asked('identity', { n_workers: -1 }), 'an identity')
  const workers = fieldsOf(identity.get('workers'), 'workers')
  return { workers: new Map([...workers].map(([address, one]) => [String(address), fieldsOf(one, 'a worker')])) }
}

function summaryOf(worker: Fields): object {
  const metrics = worker.get('metrics')
  const counts = metrics instanceof Map ? metrics.get('task_counts') : undefined
  const executing = counts instanceof Map ? Number(counts.get('executing') ?? 0) : 0
  return {
    name: worker.get('name'),
    host: String(worker.get('host')),
    nthreads: worker.get('nthreads'),
    memory_limit: worker.get('memory_limit') ?? null,
    local_directory: String(worker.get('local_directory')),
    resources: amountsIn(worker.get('resources')),
    services: amountsIn(worker.get('services')),
    pid: 0,
    status: String(worker.get('status')),
    nbytes: metrics instanceof Map ? Number(metrics.get('managed_bytes') ?? 0) : 0,
    processing: executing,
    ...(isOurs(worker) ? {} : { system: 'dask' }),
  }
}

function amountsIn(map: unknown): Record<string, number> {
  return map instanceof Map ? Object.fromEntries([...map].map(([name, amount]) => [String(name), Number(amount)])) : {}
}

function listsOf(map: unknown): Map<string, string[]> {
  const lists = [...fieldsOf(map, 'who has what')]
  return new Map(lists.map(([key, list]) => [keyText(key), listOf(list, 'a list').map(keyText)]))
}

/** Who has what, by key. */
function placesOf(who: ReadonlyMap<string, ReadonlyMap<string, number>>): {
  who_has: Map<unknown, string[]>
  nbytes: Map<unknown, number>
} {
  const whoHas = new Map<string, string[]>()
  const nbytes = new Map<string, number>()
  for (const [address, sizes] of who) {
    for (const [key, size] of sizes) {
      whoHas.set(key, [...(whoHas.get(key) ?? []), address])
      nbytes.set(key, size)
    }
  }
  return { who_has: theirs(whoHas), nbytes: theirs(nbytes) }
}

/** With the keys that they have. */
function theirs<V>(map: unknown): Map<unknown, V> {
  return new Map([...(map as ReadonlyMap<string, V>)].map(([key, value]) => [keyOf(key), value]))
}
