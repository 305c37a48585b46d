import { CommClosedError } from '../errors.js'
import { unpack } from '../protocol/codec.js'
import type { Address } from '../protocol/names.js'
import { Asking } from './asking.js'
import type { Call } from './call.js'
import { dial } from './dial.js'
import type { PoolOptions } from './pool.js'

const LIMIT_PER_PEER = 16

/** What a peer's connections tell their pool. */
export interface PeerEvents {
  onIdle(connection: Asking): void
  onBusy(connection: Asking): void
  /** There is no connection any more, and nobody waits for one. */
  onUnused(): void
}

interface Waiting {
  readonly call: Call
  /** Takes a connection that became free, or `undefined`: room for a new one. */
  readonly go: (free: Asking | undefined) => void
}

/** The connections to one peer, and those who wait for one. */
export class Peer {
  readonly #idle: Asking[] = []
  /** Made, being made or in use. */
  #open = 0
  #waiting: Waiting[] = []

  constructor(
    readonly address: Address,
    readonly options: PoolOptions,
    readonly events: PeerEvents,
  ) {}

  /** Asks on one connection; only after a whole answer was understood the connection may be used again. */
  async ask(frames: readonly Uint8Array[], ask: object, call: Call): Promise<unknown> {
    const connection = await this.#take(call)
    call.takes(connection)
    try {
      const { translator } = connection
      const answer =
        translator === undefined
          ? unpack(await connection.ask(frames, call))
          : await translator.ask(call.op, ask, connection.lineOf(call))
      this.#free(connection)
      return answer
    } catch (error) {
      this.#drop(connection, error as Error)
      throw error
    }
  }

  /** Closes the connections that nobody uses. */
  closeIdle(): Promise<unknown> {
    return Promise.all(this.#idle.slice().map((connection) => connection.close()))
  }

  async #take(call: Call): Promise<Asking> {
    for (;;) {
      const used = this.#idle.pop() ?? (this.#full ? await this.#turn(call) : await this.#dial(call))
      if (!used) continue
      this.events.onBusy(used)
      if (used.needsLook) await used.look()
      if (used.isNew || !used.closed) return used
      this.#drop(used, new CommClosedError(this.address, 'it ended while idle'))
    }
  }

  get #full(): boolean {
    return this.#open >= (this.options.limitPerPeer ?? LIMIT_PER_PEER)
  }

  async #dial(call: Call): Promise<Asking> {
    this.#open++
    try {
      const connection = new Asking(await dial(this.address, call.dialOptions(this.options)))
      connection.onLost = () => this.#lost(connection)
      return connection
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  #turn(call: Call): Promise<Asking | undefined> {
    return call.wait<Asking | undefined>((go) => this.#waiting.push({ call, go }))
  }

  #free(connection: Asking): void {
    connection.rest()
    if (this.#pass(connection)) return
    this.#idle.push(connection)
    this.events.onIdle(connection)
  }

  /** To the first who still waits; false: nobody does. */
  #pass(free: Asking | undefined): boolean {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next.call.over) continue
      next.go(free)
      return true
    }
    return false
  }

  #drop(connection: Asking, reason: Error): void {
    connection.onLost = () => {}
    connection.abort(reason)
    this.#leave()
  }

  /** Only of idle ones: whoever uses a connection drops it himself. */
  #lost(connection: Asking): void {
    const at = this.#idle.indexOf(connection)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.events.onBusy(connection)
    this.#leave()
  }

  #leave(): void {
    this.#open--
    if (!this.#pass(undefined) && this.#open === 0) this.events.onUnused()
  }
}
