import { provideDaskToWorker } from '../dask/provide.js'
import { ClosedError, HeddleError } from '../errors.js'
import type { Service } from '../http/service.js'
import type { Address, Key } from '../protocol/names.js'
import { WORKER_CHECKS } from '../protocol/validate-requests.js'
import { CENTER_METHODS, type CenterApi } from '../rpc/center-api.js'
import { ConnectionPool } from '../rpc/pool.js'
import { makeRpc, type Rpc } from '../rpc/proxy.js'
import { Server } from '../rpc/server.js'
import { addressOf, parseAddress, withoutScheme } from '../util/address.js'
import { Deferred } from '../util/deferred.js'
import { makeExecutor } from './default-executor.js'
import type { TaskExecutor } from './executor/executor.js'
import { listenPlace } from './host.js'
import { LocalData } from './local-data.js'
import { makeLocalDirectory, removeLocalDirectory } from './local-directory.js'
import { arenaForLimit } from './memory/arena-for-limit.js'
import { type Foundation, WorkerNode } from './node.js'
import { planWorker, type WorkerArguments, type WorkerPlan } from './options.js'
import { workerHandlers } from './requests.js'
import { Services } from './services.js'
import { storeLimits } from './spilling.js'
import { Store } from './store/store.js'
import { WorkerData } from './worker-data.js'

export type { WorkerArguments, WorkerOptions } from './options.js'

const NO_KEYS: ReadonlySet<Key> = new Set()

/**
 * A node that serves data from a local dictionary and evaluates functions on it and on the data of its peers. It keeps
 * a center (or scheduler) informed of what it holds, and asks it where to find what it misses.
 *
 * @example
 * const worker = new Worker('127.0.0.1', 8787, { name: 'alice' })
 * await worker.start({ port: 8788 })
 * worker.data.set('x', new Float64Array([1, 2, 3]))
 */
export class Worker {
  /** The values that it holds. */
  readonly data: WorkerData
  /** Its center or scheduler, to be called; `.ip` and `.port` say where that is. */
  readonly center: Rpc<CenterApi>
  readonly #foundation: Foundation
  readonly #finished = new Deferred<void>()
  #starting: Promise<this> | undefined
  #closing: Promise<void> | undefined
  #server: Server | undefined
  #node: WorkerNode | undefined
  #address: Address | undefined
  #wantsSuccessor = false
  #localDirectory: string | undefined
  #executor: TaskExecutor | undefined

  /**
   * Nothing is opened or started until `start`.
   * @throws OptionError for a center that is no address, and for options that are unknown or wrong.
   */
  constructor(...args: WorkerArguments) {
    const plan = planWorker(args)
    provideDaskToWorker()
    const memory = arenaForLimit(plan.memoryLimit)
    const store = new Store(memory, storeLimits(plan))
    const local = new LocalData(store)
    const centerPool = new ConnectionPool({ tls: plan.tls })
    this.center = makeRpc(plan.center.address, CENTER_METHODS, { pool: centerPool })
    this.data = new WorkerData(store, memory, local)
    this.#foundation = { plan, store, memory, local, centerPool, services: new Services(plan) }
    this.#finished.promise.catch(() => {})
  }

  /** The same as `new Worker(…).start()`. */
  static start(...args: WorkerArguments): Promise<Worker> {
    return new Worker(...args).start()
  }

  /**
   * Listens at `port` (default 0: any free one) and registers with the center; resolves when that is done, with the
   * worker itself. If it fails nothing is left open.
   * @throws ConnectError when the port is taken (`cause.code` EADDRINUSE) or the center cannot be reached;
   * RegistrationError when the center refuses; OptionError for a host that needs `insecure`.
   */
  start({ port = 0 }: { port?: number } = {}): Promise<this> {
    if (this.#closing !== undefined) return Promise.reject(new ClosedError('the worker'))
    this.#starting ??= this.#start(port)
    return this.#starting
  }

  /** Resolves when the worker has ended, by `close` or by itself; rejects when it broke. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** It has ended since its Dask scheduler is gone or begins anew: another worker should take its place. */
  get wantsSuccessor(): boolean {
    return this.#wantsSuccessor
  }

  /** Says goodbye to the center, stops running tasks and ends. Everything it held is gone. */
  close(reason = 'it was closed'): Promise<void> {
    this.#closing ??= this.#close(reason).then(() => this.#finished.resolve())
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** `tcp://host:port`, where others reach it. @throws HeddleError before it has started. */
  get address(): Address {
    if (this.#address !== undefined) return this.#address
    throw new HeddleError('HEDDLE_NOT_STARTED', 'the worker has no address before it was started')
  }

  get ip(): string {
    return parseAddress(this.address).host
  }

  /** The same as `ip`. */
  get host(): string {
    return this.ip
  }

  get port(): number {
    return parseAddress(this.address).port
  }

  /** The name that was given, else the address. */
  get name(): string | number {
    return this.#plan.name ?? this.address
  }

  /** What runs its tasks. @throws HeddleError before the worker has started, unless it was given one. */
  get executor(): TaskExecutor {
    const executor = this.#executor ?? this.#plan.executor
    if (executor !== undefined) return executor
    throw new HeddleError('HEDDLE_NOT_STARTED', 'the worker has no executor before it was started')
  }

  /** Tasks that run at the same time. */
  get nthreads(): number {
    return this.#plan.nthreads
  }

  /** The same as `nthreads`. */
  get ncores(): number {
    return this.#plan.nthreads
  }

  /** Keys that are being computed now. */
  get active(): ReadonlySet<Key> {
    return this.#node?.core.active ?? NO_KEYS
  }

  /** Its scratch directory, which exists while it runs; undefined before. */
  get localDirectory(): string | undefined {
    return this.#localDirectory
  }

  /** The same as `localDirectory`. */
  get localDir(): string | undefined {
    return this.#localDirectory
  }

  /** The servers that run beside it, by name. */
  get services(): ReadonlyMap<string, Service> {
    return this.#foundation.services.running
  }

  /** Ports of services by name, also of those that others run. */
  get servicePorts(): Readonly<Record<string, number>> {
    return this.#foundation.services.ports
  }

  /** Bytes of this process's memory that hold nothing, or what is just going to disk: they are no reason to end it. */
  get reclaimableBytes(): number {
    const { memory, store } = this.#foundation
    return memory.freeBytes + store.leavingBytes
  }

  get #plan(): WorkerPlan {
    return this.#foundation.plan
  }

  /** Idle, it does not keep the process alive any more; requests and tasks that are under way do. By default it does. */
  unref(): void {
    this.#server?.unref()
    this.#node?.link.unref()
  }

  async #start(port: number): Promise<this> {
    try {
      const place = await listenPlace(this.#plan, port)
      this.#localDirectory = await makeLocalDirectory(this.#plan.localDirectory)
      this.#server = this.#makeServer()
      const bound = await this.#server.listen(place.listen)
      if (this.#closing !== undefined) throw new ClosedError('the worker')
      this.#address = place.contactHost === undefined ? bound : withHost(bound, place.contactHost)
      this.#node = this.#makeNode(this.#server, this.#address, this.#localDirectory)
      this.#plan.print(`${'Start worker at:'.padEnd(28)}${withoutScheme(this.#address)}`)
      await this.#node.start()
      if (this.#closing !== undefined) throw new ClosedError('the worker')
      return this
    } catch (error) {
      await this.close('it could not start')
      // What was opened while somebody closed it already.
      await this.#close('it could not start')
      throw error
    }
  }

  #makeServer(): Server {
    return new Server({
      name: 'worker',
      handlers: workerHandlers(() => this.#node as WorkerNode),
      checks: WORKER_CHECKS,
      isDaskWelcome: () => this.#node?.link.isDask === true,
      logger: this.#plan.logger,
      tls: this.#plan.tls,
      anyUser: this.#plan.insecure,
      allocate: (nbytes) => this.#foundation.memory.allocate(nbytes),
    })
  }

  #makeNode(server: Server, address: Address, localDirectory: string): WorkerNode {
    const plan = this.#plan
    const { memory } = this.#foundation
    const parts = { workerName: String(this.name), memory, localDirectory, scheduler: plan.center.address }
    this.#executor = plan.executor ?? makeExecutor(plan, { ...parts, nthreads: plan.nthreads })
    return new WorkerNode(this.#foundation, {
      server,
      address,
      localDirectory,
      executor: this.#executor,
      makeSideExecutor: () => makeExecutor(plan, { ...parts, nthreads: 1 }),
      close: (reason, again) => void this.#endByItself(reason, again),
      broke: (error) => void this.#break(error),
    })
  }

  async #endByItself(reason: string, again = false): Promise<void> {
    this.#wantsSuccessor = again
    this.#plan.logger.warn(`the worker ends: ${reason}`)
    await this.close(reason)
  }

  async #break(error: Error): Promise<void> {
    this.#plan.logger.error('the worker ends, for it found itself in a state that cannot be', { error })
    this.#finished.reject(error)
    await this.close('it broke')
  }

  async #close(reason: string): Promise<void> {
    this.#server?.ref()
    await this.#node?.close(reason)
    await Promise.allSettled([this.#server?.close(), this.#foundation.centerPool.close()])
    if (this.#localDirectory !== undefined) await removeLocalDirectory(this.#localDirectory)
  }
}

function withHost(address: Address, host: string): Address {
  const { scheme, port } = parseAddress(address)
  return addressOf(scheme, host, port)
}
