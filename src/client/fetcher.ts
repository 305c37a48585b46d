import type { Address, Key } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import type { ConnectionPool } from '../rpc/pool.js'
import { Deferred } from '../util/deferred.js'
import type { Encoded } from '../values/encoded.js'

/** Of one answer, by the sizes that are known. The first value may be larger. */
const BYTES_PER_REQUEST = 50 * 2 ** 20
const KEYS_PER_REQUEST = 10_000
/** A worker that cannot be reached in this time is passed over: others may have a copy. */
const CONNECT_TIMEOUT_MS = 2000
const BUSY_RETRY_MS = 50

/** A value that is wanted from a worker. */
interface Order {
  readonly key: Key
  readonly nbytes: number
  readonly answer: Deferred<Encoded | undefined>
}

/**
 * Gets values from the workers that hold them. What is asked for in one turn of the event loop is asked of each worker
 * together, one request at a time.
 */
export class Fetcher {
  readonly #pool: ConnectionPool
  readonly #orders = new Map<Address, Order[]>()

  constructor(pool: ConnectionPool) {
    this.#pool = pool
  }

  /** The value as that worker has it, or undefined if it has not. @throws ConnectError, CommClosedError. */
  fetch(worker: Address, key: Key, nbytes: number): Promise<Encoded | undefined> {
    const order = { key, nbytes, answer: new Deferred<Encoded | undefined>() }
    const waiting = this.#orders.get(worker)
    if (waiting) waiting.push(order)
    else {
      this.#orders.set(worker, [order])
      setImmediate(() => void this.#serve(worker))
    }
    return order.answer.promise
  }

  async #serve(worker: Address): Promise<void> {
    const orders = this.#orders.get(worker) ?? []
    while (orders.length > 0) {
      const batch = takeBatch(orders)
      try {
        const data = await this.#ask(worker, batch)
        for (const { key, answer } of batch) answer.resolve(data.get(key))
      } catch (error) {
        for (const { answer } of batch) answer.reject(error)
      }
    }
    this.#orders.delete(worker)
  }

  async #ask(worker: Address, batch: readonly Order[]): Promise<Map<Key, Encoded>> {
    const ask = { keys: [...new Set(batch.map(({ key }) => key))] }
    for (;;) {
      const reply = await this.#pool.request<WorkerRequests['get_data']['reply']>(worker, 'get_data', ask, {
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
      })
      if (reply.status !== 'busy') return reply.data
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS))
    }
  }
}

function takeBatch(orders: Order[]): Order[] {
  let bytes = 0
  let count = 0
  while (count < orders.length && count < KEYS_PER_REQUEST) {
    bytes += Math.max(0, orders[count]!.nbytes)
    if (count > 0 && bytes > BYTES_PER_REQUEST) break
    count++
  }
  return orders.splice(0, count)
}
