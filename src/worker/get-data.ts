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
const BUSY: GetData['reply'] = { status: 'busy', data: new Map() }

type Asker = Pick<RequestContext, 'peer' | 'onWritten'>

/** What `get_data` needs of the worker. */
export interface Giver {
  readonly store: ValueStore
  readonly memory: ValueMemory
  /** Of this worker, as in its address. */
  readonly host: string
  readonly isPaused: () => boolean
  /** Of values that had to be read from disk for transfers under way, bytes: who reads slowly keeps them in memory. */
  readonly maxLoadedBytes: number
}

/** Transfers that are under way, and what was sent so far. */
export class Outgoing {
  readonly #giver: Giver
  readonly #max: number
  #active = 0
  #count = 0
  #bytes = 0
  #loadedBytes = 0

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
    const { store } = this.#giver
    const elsewhere = new Set(keys.filter((key) => store.get(key) === undefined && store.has(key)))
    const toLoad = sizeOf(store, elsewhere)
    if (this.#active >= this.#limit(who ?? context.peer) || !this.#hasRoom(toLoad)) return BUSY
    this.#active++
    this.#count++
    this.#loadedBytes += toLoad
    const transfer = new Transfer(this.#giver.memory)
    context.onWritten(() => {
      this.#active--
      this.#loadedBytes -= toLoad
      this.#bytes += transfer.bytes
      transfer.end()
    })
    for (const key of keys) transfer.take(key, store.get(key))
    return elsewhere.size === 0 ? transfer.reply : this.#withLoaded(transfer, elsewhere)
  }

  async #withLoaded(transfer: Transfer, keys: Iterable<Key>): Promise<GetData['reply']> {
    for (const key of keys) transfer.take(key, await this.#giver.store.load(key))
    return transfer.reply
  }

  /** One transfer may always read. */
  #hasRoom(toLoad: number): boolean {
    return toLoad === 0 || this.#loadedBytes === 0 || this.#loadedBytes + toLoad <= this.#giver.maxLoadedBytes
  }

  #limit(who: string): number {
    if (this.#giver.isPaused()) return 1
    return hostOf(who) === this.#giver.host ? 2 * this.#max : this.#max
  }
}

function sizeOf(store: ValueStore, keys: Iterable<Key>): number {
  let bytes = 0
  for (const key of keys) bytes += store.sizeOf(key)
  return bytes
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

  take(key: Key, value: Encoded | undefined): void {
    if (value === undefined || this.#ended || this.#data.has(key)) return
    this.#memory.retain(value)
    this.#data.set(key, value)
    this.bytes += value.size
  }

  end(): void {
    this.#ended = true
    for (const value of this.#data.values()) this.#memory.release(value)
  }
}
