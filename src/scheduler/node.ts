import { ClosedError } from '../errors.js'
import { createLogger, type Logger } from '../log/log.js'
import type { Address, Key } from '../protocol/names.js'
import type { Identity } from '../protocol/requests.js'
import { VERSION } from '../protocol/version.js'
import { Server, type ServerOptions } from '../rpc/server.js'
import { parseAddress, withoutScheme } from '../util/address.js'
import { Deferred } from '../util/deferred.js'
import type { Host } from './center-requests.js'
import type { CoreOptions } from './core/options.js'
import type { WorkerView } from './core/views.js'
import { Loop } from './loop.js'
import type { Listening, NodeOptions } from './options.js'
import { hasWhatMap, ncoresMap, whoHasMap, workerInfoMap } from './views.js'

/** What makes a node a Scheduler or a Center. */
export interface NodeSetup {
  readonly kind: 'Scheduler' | 'Center'
  readonly listening: Listening
  readonly core: Partial<CoreOptions>
  readonly codeBudget?: number | undefined
  /** The requests that it answers. */
  readonly requests: (loop: Loop, host: Host) => Pick<ServerOptions, 'handlers' | 'streams' | 'relays' | 'checks'>
}

/** What `Scheduler` and `Center` have in common: a port, a loop behind it, and a view of what that knows. */
export abstract class NetworkNode {
  /** The workers that hold a key. A live view: each read shows the present. */
  readonly whoHas: ReadonlyMap<Key, ReadonlySet<Address>>
  /** The keys that a worker holds; always the transpose of `whoHas`. Live. */
  readonly hasWhat: ReadonlyMap<Address, ReadonlySet<Key>>
  /** How many threads a worker has. Live. */
  readonly ncores: ReadonlyMap<Address, number>
  /** All that is known of a worker. Live. */
  readonly workerInfo: ReadonlyMap<Address, WorkerView>
  /** Resolves when the node was closed, by `close` or by a request; rejects when a bug ended it. */
  readonly finished: Promise<void>

  readonly #setup: NodeSetup
  readonly #print: ((line: string) => void) | undefined
  readonly #logger: Logger
  readonly #loop: Loop
  readonly #server: Server
  readonly #finish = new Deferred<void>()
  #address: Address
  #started: Promise<this> | undefined
  #closed: Promise<void> | undefined

  protected constructor(setup: NodeSetup, options: NodeOptions) {
    const name = setup.kind.toLowerCase()
    this.#setup = setup
    this.#print = options.print
    this.#logger = options.logger ?? createLogger(name)
    this.#address = setup.listening.address
    this.#loop = new Loop({
      core: setup.core,
      codeBudget: setup.codeBudget,
      logger: this.#logger,
      causeOfDeath: options.causeOfDeath,
      ...(options.validate ? { onBroken: (error: Error) => this.#fail(error) } : {}),
    })
    this.#server = new Server({
      name,
      logger: this.#logger,
      tls: setup.listening.tls,
      anyUser: setup.listening.anyUser,
      onTurnedAway: ({ message }) => this.#loop.push({ type: 'worker-turned-away', reason: message }),
      ...setup.requests(this.#loop, this.#host()),
    })
    this.whoHas = whoHasMap(this.#loop.core)
    this.hasWhat = hasWhatMap(this.#loop.core)
    this.ncores = ncoresMap(this.#loop.core)
    this.workerInfo = workerInfoMap(this.#loop.core)
    this.finished = this.#finish.promise
    // For those who look at it; nobody has to.
    this.finished.catch(() => {})
  }

  /** `tcp://host:port`; until `start` has resolved, with the port that was asked for. */
  get address(): Address {
    return this.#address
  }

  /** The host it listens at. */
  get ip(): string {
    return parseAddress(this.#address).host
  }

  /** The same as `ip`. */
  get host(): string {
    return this.ip
  }

  /** The port that was really taken, once `start` has resolved. */
  get port(): number {
    return parseAddress(this.#address).port
  }

  /**
   * Listens; resolves when connections are accepted. Calling it again gives the same promise.
   * @throws ConnectError when the port cannot be had, the system's code (`EADDRINUSE`) on its `cause`; ClosedError.
   */
  start(): Promise<this> {
    this.#started ??= this.#listen()
    return this.#started
  }

  /** It does not keep the process alive any more; requests under way do. By default it does. */
  unref(): void {
    this.#server.unref()
    this.#loop.keep(false)
  }

  /** Ends the connections after what was said on them, and gives the port back. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Who the node is, for its web pages. */
  info(): Record<string, unknown> {
    const { core, clients, epoch } = this.#loop
    const threads = [...core.ncores().values()].reduce((sum, nthreads) => sum + nthreads, 0)
    return {
      ...this.#identity(),
      epoch,
      workers: core.workerCount,
      threads,
      clients: clients.size,
      tasks: this.tasks(),
    }
  }

  /** How many tasks are in each state. */
  tasks(): Record<string, number> {
    return this.#loop.core.counts()
  }

  /** What is known of each worker, by address. */
  workers(): Record<Address, WorkerView> {
    return Object.fromEntries(this.workerInfo)
  }

  async #listen(): Promise<this> {
    const { listening, kind } = this.#setup
    if (this.#closed) throw new ClosedError(`the ${kind.toLowerCase()}`)
    this.#address = await this.#server.listen(listening.address)
    this.#print?.(`Start ${kind.toLowerCase()} at ${withoutScheme(this.#address)}`)
    return this
  }

  async #end(): Promise<void> {
    // A port that is being taken can be given back only then.
    await this.#started?.catch(() => {})
    this.#loop.keep(true)
    this.#loop.stop()
    await this.#server.close()
    this.#finish.resolve()
  }

  #fail(error: Error): void {
    this.#finish.reject(error)
    void this.close()
  }

  #identity(): Identity {
    const { kind } = this.#setup
    return { type: kind, id: `${kind}-${this.#loop.epoch}`, address: this.#address, version: VERSION, pid: process.pid }
  }

  #host(): Host {
    return { identity: () => this.#identity(), close: () => this.close() }
  }
}
