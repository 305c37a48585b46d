/** A running worker: its parts, wired. Made by `Worker.start`, when its address is known. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Artefact } from '../code/artefact.js'
import type { ServiceNode } from '../http/service.js'
import type { ToWorkerMessage, WorkerInfo } from '../protocol/messages.js'
import type { Address } from '../protocol/names.js'
import type { Identity } from '../protocol/requests.js'
import { VERSION } from '../protocol/version.js'
import { ConnectionPool } from '../rpc/pool.js'
import type { Server } from '../rpc/server.js'
import { type Clock, systemClock } from '../util/clock.js'
import { CenterLink } from './center-link.js'
import { CodeCache } from './code-cache.js'
import { CodeDisk } from './code-disk.js'
import { codeInStore } from './code-in-store.js'
import { CodeSource } from './code-source.js'
import { contentHash } from './content-hash.js'
import { WorkerCore } from './core/core.js'
import { hostOf } from './core/state.js'
import { coreOptions } from './core-options.js'
import { DirectCalls } from './direct-calls.js'
import type { TaskExecutor } from './executor/executor.js'
import { Fetcher } from './fetcher.js'
import { Outgoing } from './get-data.js'
import type { LocalData } from './local-data.js'
import type { Arena } from './memory/arena.js'
import type { MemoryGuard } from './memory-guard.js'
import { Metrics } from './metrics.js'
import type { WorkerPlan } from './options.js'
import { Printed } from './printed.js'
import { registeredLine } from './registered-line.js'
import { Runs } from './runs.js'
import { type Services, servicesHost } from './services.js'
import { Shell } from './shell.js'
import { SideRuns } from './side-runs.js'
import { openSpilling, runLimits, servedFromDiskMax } from './spilling.js'
import type { Store } from './store/store.js'

/** What outlives a start: made with the worker, before anything runs. */
export interface Foundation {
  readonly plan: WorkerPlan
  readonly store: Store
  readonly memory: Arena
  readonly local: LocalData
  readonly services: Services
  /** Connections to the center; bulk goes over others. */
  readonly centerPool: ConnectionPool
}

/** Where it is, and what it tells when it ends by itself. */
export interface NodeOptions {
  readonly address: Address
  readonly localDirectory: string
  readonly server: Server
  readonly executor: TaskExecutor
  /** Another one, of one thread. */
  makeSideExecutor(): TaskExecutor
  /** `again`: a new worker may take its place. */
  close(reason: string, again?: boolean): void
  broke(error: Error): void
}

/** See above. */
export class WorkerNode {
  readonly address: Address
  readonly core: WorkerCore
  readonly shell: Shell
  readonly link: CenterLink
  readonly calls = new DirectCalls()
  readonly code: CodeCache
  readonly outgoing: Outgoing
  readonly side: SideRuns
  readonly printed: Printed
  readonly store: Store
  readonly data: LocalData
  readonly localDirectory: string
  readonly #foundation: Foundation
  readonly #options: NodeOptions
  readonly #clock: Clock = systemClock
  readonly #peers: ConnectionPool
  readonly #fetcher: Fetcher
  readonly #runs: Runs
  readonly #disk: CodeDisk
  readonly #source: CodeSource
  readonly #metrics: Metrics
  readonly #guard: MemoryGuard | undefined
  #closing: Promise<void> | undefined

  constructor(foundation: Foundation, options: NodeOptions) {
    const { plan, store, memory, local } = foundation
    const { executor } = options
    this.#foundation = foundation
    this.#options = options
    this.address = options.address
    this.localDirectory = options.localDirectory
    this.store = store
    this.data = local
    this.#peers = new ConnectionPool({ allocate: (nbytes) => memory.allocate(nbytes), tls: plan.tls })
    this.core = new WorkerCore(coreOptions(plan, this.address))
    this.link = this.#makeLink()
    this.#disk = new CodeDisk(join(this.localDirectory, 'code'))
    this.#source = new CodeSource({
      disk: this.#disk,
      localDirectory: this.localDirectory,
      peers: this.#peers,
      askScheduler: (hash) => (this.link.isDask ? codeInStore(store, hash) : this.link.fetchCode(hash)),
    })
    this.printed = new Printed(String(plan.name ?? this.address), plan.logger, (message) => this.link.send(message))
    this.code = new CodeCache(this.#source.routeTo(executor))
    this.side = new SideRuns(
      memory,
      () => options.makeSideExecutor(),
      (side) => this.#source.routeTo(side),
      this.printed,
    )
    const [host, maxLoadedBytes] = [hostOf(this.address), servedFromDiskMax(plan)]
    this.outgoing = new Outgoing({ store, memory, host, maxLoadedBytes, isPaused: () => this.core.paused })
    const now = () => this.#clock.now()
    const push: Shell['push'] = (event, values) => this.shell.push(event, values)
    const hasScheduler = () => this.link.role === 'Scheduler' && !this.link.isDask
    this.#fetcher = new Fetcher({ peers: this.#peers, address: this.address, plan, memory, hasScheduler, push, now })
    const given = { ...runLimits(plan, store, memory), executor, code: this.code, store, memory, printed: this.printed }
    this.#runs = new Runs({ ...given, push, now, isInlineWanted: hasScheduler })
    this.#guard = openSpilling({ plan, store, memory, localDirectory: this.localDirectory, push, clock: this.#clock })
    this.#metrics = new Metrics({ core: this.core, store, fetcher: this.#fetcher, outgoing: this.outgoing })
    this.shell = this.#makeShell()
  }

  /** Runs until `close`; resolves when registered. */
  async start(): Promise<void> {
    const { services, local, plan } = this.#foundation
    // Nobody is told anything before the registration, which tells of what came until then.
    this.shell.push({ type: 'scheduler-left' })
    local.connect(this.shell.push, () => this.link.role === 'Center')
    await this.#options.executor.start({
      onOutcome: (job, outcome) => this.#runs.onOutcome(job, outcome),
      onSeceded: (job, ms) => this.#runs.onSeceded(job, ms),
      onLog: this.printed.onLog,
    })
    if (this.#closing === undefined)
      await services.start(this.#asServiceNode(), servicesHost(plan, this.#options.server.address))
    if (this.#closing === undefined) this.#guard?.start()
    await this.link.join()
  }

  /** May be called again: what was opened meanwhile is closed, too. */
  close(reason: string): Promise<void> {
    const closed = this.#closing ?? Promise.resolve()
    this.#closing = closed.then(() => this.#close(reason))
    return this.#closing
  }

  async #close(reason: string): Promise<void> {
    const { services, centerPool } = this.#foundation
    await this.link.close(reason)
    this.shell.stop()
    this.#guard?.stop()
    this.calls.close()
    this.#fetcher.close()
    this.#metrics.close()
    const { server, executor } = this.#options
    await Promise.allSettled([
      server.close(),
      services.close(),
      executor.close(),
      this.side.close(),
      this.#peers.close(),
      centerPool.close(),
    ])
    await this.store.close()
    this.store.clear()
  }

  terminate(reason: string): void {
    this.#options.close(reason)
  }

  identity(): Identity {
    const { plan, services } = this.#foundation
    const known = {
      type: 'Worker',
      id: this.address,
      address: this.address,
      version: VERSION,
      pid: process.pid,
    } as const
    return { ...known, name: plan.name ?? this.address, nthreads: plan.nthreads, services: services.ports }
  }

  async codeFor(hash: string): Promise<Artefact | undefined> {
    return this.code.get(hash) ?? (await this.#disk.get(hash))
  }

  #makeShell(): Shell {
    const { plan, store, memory } = this.#foundation
    const { executor, close, broke } = this.#options
    return new Shell({
      core: this.core,
      store,
      memory,
      executor,
      runs: this.#runs,
      calls: this.calls,
      link: this.link,
      fetcher: this.#fetcher,
      logger: plan.logger,
      clock: this.#clock,
      close,
      broke,
    })
  }

  #makeLink(): CenterLink {
    const { plan, centerPool } = this.#foundation
    return new CenterLink({
      center: plan.center.address,
      address: this.address,
      pool: centerPool,
      clock: this.#clock,
      logger: plan.logger,
      deathTimeoutMs: plan.deathTimeoutMs,
      tls: plan.tls,
      info: () => this.#info(),
      heartbeat: () => this.#heartbeat(),
      onMessages: (messages) => this.#onMessages(messages),
      onJoined: (info) => this.#onJoined(info),
      onLeft: () => this.shell.push({ type: 'scheduler-left' }),
      onLost: (reason, again) => this.#options.close(reason, again),
    })
  }

  #onMessages(messages: ToWorkerMessage[]): void {
    for (const message of messages) {
      if (message.op === 'remove-worker') this.#fetcher.abandon(message.worker)
      if (message.op === 'close' && message.again === true) return this.#options.close(message.reason, true)
      this.shell.push({ type: 'scheduler-message', message })
    }
  }

  #onJoined(info: WorkerInfo): void {
    const { plan } = this.#foundation
    const gone = [...info.holds.keys()].filter((key) => !this.store.has(key))
    if (gone.length > 0) this.link.send({ op: 'release-worker-data', keys: gone, stimulus_id: 'register' })
    this.shell.push({ type: 'scheduler-joined' })
    plan.print(registeredLine(this.link.role, plan.center.address))
  }

  #heartbeat() {
    this.#metrics.renew()
    return { metrics: this.#metrics.now, executing: this.core.executing(this.#clock.now()) }
  }

  async #info(): Promise<WorkerInfo> {
    const { plan, services } = this.#foundation
    return {
      address: this.address,
      name: plan.name ?? this.address,
      nthreads: plan.nthreads,
      memory_limit: plan.memoryLimit ?? null,
      local_directory: this.localDirectory,
      resources: plan.resources,
      services: services.ports,
      nanny: null,
      ...(plan.supervised && { supervised: true }),
      pid: process.pid,
      host: hostname(),
      holds: await this.#holds(),
    }
  }

  /** Hashes tell a center whether what is held here is still what others have. */
  async #holds(): Promise<WorkerInfo['holds']> {
    const holds: WorkerInfo['holds'] = new Map()
    const { memory } = this.#foundation
    for (const key of [...this.store.keys()]) {
      const value = await this.store.load(key)
      if (value === undefined) continue
      memory.retain(value)
      const hash = await contentHash(value).finally(() => memory.release(value))
      holds.set(key, { nbytes: value.nbytes, hash })
    }
    return holds
  }

  #asServiceNode(): ServiceNode {
    const { plan } = this.#foundation
    return {
      info: () => ({ ...this.identity(), center: plan.center.address, localDirectory: this.localDirectory }),
      processing: () => this.core.executing(this.#clock.now()),
      resources: () => plan.resources,
      metrics: () => ({ ...this.#metrics.now }),
    }
  }
}
