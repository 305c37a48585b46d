import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from './client/client.js'
import type { ClusterWorker } from './cluster/cluster-host.js'
import type { LocalClusterOptions } from './cluster/cluster-plan.js'
import { LocalCluster } from './cluster/local-cluster.js'
import { HeddleError, WaitTimeoutError } from './errors.js'
import { isAlive } from './nanny/alive.js'
import { type Duration, toMs } from './util/duration.js'

export type { SimulatedTask, SimulationOptions, SimulationRun } from './simulation/options.js'
export { shrink } from './simulation/shrink.js'
export { SimulationError, simulate } from './simulation/simulate.js'

const LOOK_EVERY_MS = 10

/** Options of a cluster, but for its directory, which is watched here. */
export type TestClusterOptions = Omit<LocalClusterOptions, 'localDirectory'>

/** A worker of a test cluster, by its name. Its address and pid change when it is restarted. */
export interface TestWorker extends ClusterWorker {
  /** Kills its process, as a crash would; resolves when that is gone. Another is started in its place. */
  kill(): Promise<void>
}

/**
 * Starts a cluster and a client for one test: by default two workers, `alice` and `bob`, with one thread each. Closing
 * it fails if a process or a file is left.
 *
 * @example
 * const t = await testCluster({ workers: ['alice', 'bob'] })
 * const future = t.client.submit((x: number) => x + 1, 1)
 * await t.worker('bob').kill()
 * console.log(await future.result())
 * await t.close()
 */
export async function testCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const localDirectory = await mkdtemp(join(tmpdir(), 'heddle-test-'))
  let cluster: LocalCluster | undefined
  try {
    cluster = await LocalCluster.start({ workers: ['alice', 'bob'], threadsPerWorker: 1, ...options, localDirectory })
    return new TestCluster(cluster, await Client.connect(cluster.address), localDirectory)
  } catch (error) {
    await cluster?.close()
    await rm(localDirectory, { recursive: true, force: true })
    throw error
  }
}

/** See `testCluster`. */
export class TestCluster {
  readonly cluster: LocalCluster
  readonly client: Client
  #directory: string
  #seen = new Set<number>()

  /** @internal Use `testCluster`. */
  constructor(cluster: LocalCluster, client: Client, directory: string) {
    this.cluster = cluster
    this.client = client
    this.#directory = directory
    this.#look()
  }

  /** The scheduler's. */
  get address(): string {
    return this.cluster.address
  }

  /** @throws HeddleError when no worker of that name runs now. */
  worker(name: string): TestWorker {
    this.#look()
    const found = this.cluster.workers.find((worker) => worker.name === name)
    const names = this.cluster.workers.map((worker) => worker.name).join(', ') || 'none'
    if (!found) throw new HeddleError('HEDDLE_NO_WORKER', `no worker is called '${name}' now; there are: ${names}`)
    return { ...found, kill: () => this.cluster.kill(name) }
  }

  /**
   * Resolves when `claim` is true, and looks again every few milliseconds: for tests that wait for something, never for
   * a time. Default timeout: 5 s.
   * @throws WaitTimeoutError that quotes the claim.
   */
  async until(claim: () => boolean | Promise<boolean>, options: { timeout?: Duration } = {}): Promise<void> {
    const endsAt = performance.now() + toMs(options.timeout ?? 5000, 'timeout')
    while (!(await claim())) {
      if (performance.now() > endsAt) throw new WaitTimeoutError(`it did not become true in time: ${claim}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** Ends client and cluster. @throws HeddleError that names what was left. */
  async close(): Promise<void> {
    this.#look()
    await this.client.close()
    await this.cluster.close()
    const processes = [...this.#seen].filter(isAlive).map((pid) => `process ${pid}`)
    const files = (await readdir(this.#directory)).map((file) => join(this.#directory, file))
    await rm(this.#directory, { recursive: true, force: true })
    const left = [...processes, ...files]
    if (left.length > 0) throw new HeddleError('HEDDLE_LEAK', `the cluster was closed but left ${left.join(', ')}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #look(): void {
    for (const { pid } of this.cluster.workers) if (pid !== process.pid) this.#seen.add(pid)
  }
}
