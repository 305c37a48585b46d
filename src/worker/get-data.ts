/** Serving values to peers and clients, a limited number of transfers at once (semantics.md §4.7). */
import type { Key } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import type { RequestContext } from '../rpc/server.js'
import type { Encoded } from '../values/encoded.js'
import { hostOf } from './core/state.js'
import type { ValueMemory } from './store/memory.js'
import type { ValueStore } from './store/store.js'

/** Transfers to other hosts at once; those to this host may be twice as many. */
const OUTGOING_MAX = 10

type GetData = WorkerRequests['get_data']
type Asker = Pick<RequestContext, 'peer' | 'onWritten'>

/** What `get_data` needs of the worker. */
export interface Giver {
  readonly store: ValueStore
  readonly memory: ValueMemory
  /** Of this worker, as in its address. */
  readonly host: string
  readonly isPaused: () => boolean
}

/** Transfers that are under way, and what was sent so far. */
export class Outgoing {
  readonly #giver: Giver
  readonly #max: number
  #active = 0
  #count = 0
  #bytes = 0

  constructor(giver: Giver, max = OUTGOING_MAX) {
    this.#giver = giver
    this.#max = max
  }

  /** Transfers since the worker started. */
  get count(): number {
    return this.#count
  }

  /** Bytes since the worker started. */
  get bytes(): number {
    return this.#bytes
  }

  /** Answers `get_data`. A transfer lasts until its bytes are written; its values are kept unchanged until then. */
  serve({ keys, who }: GetData['ask'], context: Asker): GetData['reply'] | Promise<GetData['reply']> {
    if (this.#active >= this.#limit(who ?? context.peer)) return { status: 'busy', data: new Map() }
    this.#active++
    this.#count++
    const transfer = new Transfer(this.#giver.memory)
    context.onWritten(() => {
      this.#active--
      this.#bytes += transfer.bytes
      transfer.end()
    })
    const { store } = this.#giver
    const elsewhere = keys.filter((key) => !transfer.take(key, store.get(key)) && store.has(key))
    return elsewhere.length === 0 ? transfer.reply : this.#withLoaded(transfer, elsewhere)
  }

  async #withLoaded(transfer: Transfer, keys: readonly Key[]): Promise<GetData['reply']> {
    for (const key of keys) transfer.take(key, await this.#giver.store.load(key))
    return transfer.reply
  }

  #limit(who: string): number {
    if (this.#giver.isPaused()) return 1
    return hostOf(who) === this.#giver.host ? 2 * this.#max : this.#max
  }
}

/** Values on their way out. */
class Transfer {
  readonly #memory: ValueMemory
  readonly #data = new Map<Key, Encoded>()
  #ended = false
  bytes = 0

  constructor(memory: ValueMemory) {
    this.#memory = memory
  }

  get reply(): GetData['reply'] {
    return { status: 'OK', data: this.#data }
  }

  /** @returns whether there is one. */
  take(key: Key, value: Encoded | undefined): boolean {
    if (value === undefined) return false
    if (this.#ended || this.#data.has(key)) return true
    this.#memory.retain(value)
    this.#data.set(key, value)
    this.bytes += value.size
    return true
  }

  end(): void {
    this.#ended = true
    for (const value of this.#data.values()) this.#memory.release(value)
  }
}
