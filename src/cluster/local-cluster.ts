import { checkCount } from '../config/shares.js'
import { ClosedError } from '../errors.js'
import { type ClusterHost, type ClusterWorker, startClusterHost } from './cluster-host.js'
import { type LocalClusterOptions, planCluster } from './cluster-plan.js'
import { RemoteHost } from './remote-host.js'

/**
 * A scheduler and workers on this machine. Nothing of it outlives this process, however that ends, and it does not
 * keep this process alive.
 *
 * @example
 * const cluster = await LocalCluster.start({ workers: 2, threadsPerWorker: 2 })
 * const client = await Client.connect(cluster)
 * // …
 * await client.close()
 * await cluster.close()
 */
export class LocalCluster {
  /** Where clients connect to. */
  readonly address: string
  #host: ClusterHost
  #closed: Promise<void> | undefined

  private constructor(host: ClusterHost) {
    this.#host = host
    this.address = host.address
  }

  /**
   * Starts a cluster; resolves when every worker has registered.
   * @throws OptionError for options that are wrong, HeddleError when a node cannot start. Nothing is left then.
   */
  static async start(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const plan = planCluster(options)
    if (!options.inproc) return new LocalCluster(await RemoteHost.start(plan))
    const { inprocCrew } = await import('./inproc-crew.js')
    return new LocalCluster(await startClusterHost(plan, (address) => inprocCrew(plan, address)))
  }

  /** The same as `address`. */
  get schedulerAddress(): string {
    return this.address
  }

  /** The workers that run now. */
  get workers(): readonly ClusterWorker[] {
    return this.#closed ? [] : this.#host.workers
  }

  /**
   * Starts or ends workers until there are `count`; the youngest end first.
   * @throws OptionError unless `count` is a whole number of at least 0.
   */
  async scale(count: number): Promise<void> {
    checkCount('count', count, 0)
    await this.#open().scale(count)
  }

  /**
   * Kills a worker's process without asking, as a crash would; the nanny then starts another of that name. For tests.
   * @throws HeddleError when no worker has that name, or the cluster is part of this process.
   */
  async kill(name: string): Promise<void> {
    await this.#open().kill(name)
  }

  /** Ends workers and scheduler; resolves when no process of them is left. */
  close(): Promise<void> {
    this.#closed ??= this.#host.close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): ClusterHost {
    if (this.#closed) throw new ClosedError('the cluster')
    return this.#host
  }
}
