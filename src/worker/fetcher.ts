/** Fetching values from peers: one request of the core is one `get_data`. The receiver dials. */
import type { Address, Key } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import { Encoded } from '../values/encoded.js'
import type { Instruction } from './core/events.js'
import { type Asked, Detours, type DetoursOptions } from './detours.js'
import type { Push } from './shell.js'

type Gather = Extract<Instruction, { do: 'gather' }>
type Reply = WorkerRequests['get_data']['reply']

/** Smaller transfers say more about latency than about bandwidth. */
const MEASURED_FROM_BYTES = 1e6

/** What fetching needs of the worker. */
export interface FetcherOptions extends DetoursOptions {
  readonly push: Push
}

/** The requests to peers that are under way, and what came so far. */
export class Fetcher {
  readonly #options: FetcherOptions
  readonly #detours: Detours
  readonly #underWay = new Map<number, Asked>()
  #count = 0
  #bytes = 0
  #bandwidth = 0

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#detours = new Detours(options)
  }

  /** Transfers since the worker started. */
  get count(): number {
    return this.#count
  }

  /** Bytes since the worker started. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes per second of recent large transfers; 0 before the first. */
  get bandwidth(): number {
    return this.#bandwidth
  }

  gather(ask: Gather): void {
    void this.#gather(ask)
  }

  /** That peer is known to be gone: what is asked of it is not waited for. */
  abandon(peer: Address): void {
    this.#options.peers.forget(peer)
    for (const asked of this.#underWay.values())
      if (asked.peer === peer) asked.abort.abort(new Error('the peer is gone'))
  }

  close(): void {
    for (const { abort } of this.#underWay.values()) abort.abort(new Error('the worker is closed'))
  }

  async #gather({ id, peer, keys }: Gather): Promise<void> {
    const { push, now } = this.#options
    const asked = { peer, abort: new AbortController() }
    this.#underWay.set(id, asked)
    try {
      const began = now()
      const reply = await this.#ask(asked, keys)
      if (reply.status === 'busy') {
        push({ type: 'gathered', id, peer, outcome: { status: 'busy' } })
        return
      }
      this.#measure(reply.data, now() - began)
      push({ type: 'gathered', id, peer, outcome: { status: 'ok', keys: sizesOf(reply.data) } }, reply.data)
    } catch (error) {
      push({ type: 'gathered', id, peer, outcome: { status: 'failed', reason: (error as Error).message } })
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #ask(asked: Asked, keys: Key[]): Promise<Reply> {
    const ask: WorkerRequests['get_data']['ask'] = { keys, who: this.#options.address }
    const reply = await this.#detours.getData(asked, ask)
    if (!isReply(reply, keys)) throw new Error(`${asked.peer} answered get_data with what is no answer to it`)
    return reply
  }

  #measure(data: Reply['data'], tookMs: number): void {
    let bytes = 0
    for (const value of data.values()) bytes += value.size
    this.#count++
    this.#bytes += bytes
    if (bytes < MEASURED_FROM_BYTES || tookMs <= 0) return
    const seen = (bytes / tookMs) * 1000
    this.#bandwidth = this.#bandwidth === 0 ? seen : this.#bandwidth * 0.8 + seen * 0.2
  }
}

function sizesOf(data: Reply['data']): Map<Key, number> {
  const sizes = new Map<Key, number>()
  for (const [key, value] of data) sizes.set(key, value.nbytes)
  return sizes
}

/** A peer is believed only what was asked of it. */
function isReply(reply: unknown, asked: readonly Key[]): reply is Reply {
  const { status, data } = (reply ?? {}) as Partial<Reply>
  if (status === 'busy') return true
  if (status !== 'OK' || !(data instanceof Map)) return false
  const keys = new Set(asked)
  for (const [key, value] of data) if (!keys.has(key) || !(value instanceof Encoded)) return false
  return true
}
