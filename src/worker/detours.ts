/**
 * What to do about a peer that cannot be reached: it is asked through the scheduler, which can. After a while the straight
 * way is tried again.
 */
import { ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import type { ConnectionPool, RequestOptions } from '../rpc/pool.js'
import { requestRelayed } from '../rpc/relayed.js'
import type { Arena } from './memory/arena.js'
import type { WorkerPlan } from './options.js'
import { PeerWatch, type Progress } from './peer-watch.js'

type Ask = WorkerRequests['get_data']['ask']
type Reply = WorkerRequests['get_data']['reply']

/** So long nobody is dialled who could only be reached through the scheduler. */
const LASTS_MS = 10_000
/** A peer that is not reached in this time is taken for gone; others may hold the same. */
const CONNECT_TIMEOUT_MS = 1000
const BUSY: Reply = { status: 'busy', data: new Map() }

/** What detours need of the worker. */
export interface DetoursOptions {
  /** Of this worker. */
  readonly address: Address
  readonly plan: Pick<WorkerPlan, 'center' | 'tls'>
  /** There is a scheduler that passes things on. */
  readonly hasScheduler: () => boolean
  /** Large frames land where values are kept. */
  readonly memory: Pick<Arena, 'allocate'>
  readonly peers: Pick<ConnectionPool, 'request' | 'forget'>
  readonly now: () => number
}

/** One question to a peer, and what ends it early; that is renewed when it goes another way. */
export interface Asked {
  readonly peer: Address
  abort: AbortController
}

/** See above. */
export class Detours {
  readonly #options: DetoursOptions
  /** Peers that could not be reached, and until when that is taken to be so. */
  readonly #until = new Map<Address, number>()

  constructor(options: DetoursOptions) {
    this.#options = options
  }

  /** @throws what the straight way does, if there is no other. */
  async getData(asked: Asked, ask: Ask): Promise<unknown> {
    const { peer } = asked
    if ((this.#until.get(peer) ?? 0) > this.#options.now()) return await this.#around(asked, ask)
    try {
      return await this.#straight(asked, ask)
    } catch (error) {
      if (!(error instanceof ConnectError) || !this.#options.hasScheduler()) throw error
      asked.abort = new AbortController()
      const reply = await this.#around(asked, ask).catch(() => {
        throw error
      })
      this.#options.peers.forget(peer)
      this.#until.set(peer, this.#options.now() + LASTS_MS)
      return reply
    }
  }

  async #straight({ peer, abort }: Asked, ask: Ask): Promise<unknown> {
    const { peers, plan } = this.#options
    const watch = new PeerWatch({ peer, tls: plan.tls, onCutOff: (error) => abort.abort(error) })
    const onConnection = (progress: Progress) => watch.follow(progress)
    const { signal } = abort
    try {
      return await peers.request(peer, 'get_data', ask, { connectTimeoutMs: CONNECT_TIMEOUT_MS, signal, onConnection })
    } finally {
      watch.stop()
    }
  }

  async #around({ peer, abort }: Asked, ask: Ask): Promise<unknown> {
    const { address, plan, memory } = this.#options
    const way = { through: plan.center.address, to: peer, who: address }
    const limits: RequestOptions = { connectTimeoutMs: CONNECT_TIMEOUT_MS, signal: abort.signal }
    const ours = { allocate: (nbytes: number) => memory.allocate(nbytes), tls: plan.tls }
    try {
      return (await requestRelayed(way, 'get_data', ask, { ...limits, ...ours })) ?? BUSY
    } catch (error) {
      this.#until.delete(peer)
      throw error
    }
  }
}
