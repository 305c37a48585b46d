import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Address, Key } from '../protocol/names.js'
import type { Explanation, StoryEntry, WorkerSummary } from '../protocol/requests.js'
import type { AddressLike } from '../util/address.js'
import { checkNames } from '../util/option-names.js'
import { futureOf, rebalanceKeys, replicateKeys, retire, retryFailed } from './admin.js'
import { AsCompleted } from './as-completed.js'
import { type CancelOptions, cancelStates } from './cancel.js'
import { type ClientOptions, type ClusterLike, openSession } from './connect.js'
import { explainKey } from './explain.js'
import { Future } from './future.js'
import { futuresOf, type KeysLike, keyOf, keysOf } from './futures.js'
import { type GatherOptions, gatherShape } from './gather.js'
import { loadModule, type ModuleOptions, type RemoteModule, type Watching, watchModule } from './module.js'
import { type RestartOptions, restartCluster } from './restart.js'
import { checkValues, type ScatterOptions, scatterValues } from './scatter.js'
import type { Session } from './session.js'
import type { Gathered } from './shape.js'
import { Submitter } from './submitter.js'
import { taskClients } from './task-clients.js'
import { type Waited, type WaitForOptions, wait } from './wait.js'

const fileOf = (path: string | URL) => (path instanceof URL ? fileURLToPath(path) : path)

/**
 * Submits work to a scheduler, and holds futures of the results. An idle client does not keep the process alive; a
 * pending `result()`, `gather` or `wait` does.
 */
export class Client extends Submitter {
  /**
   * Connects to a scheduler.
   *
   * @example
   * const client = await Client.connect('tcp://127.0.0.1:8786')
   *
   * @throws ConnectError when nothing answers there in time, or something else does; VersionError; OptionError.
   */
  static async connect(target: AddressLike | ClusterLike, options: ClientOptions = {}): Promise<Client> {
    return new Client(await openSession(target, options))
  }

  /**
   * Needs no cluster: tasks run one by one in this very thread, your functions themselves, so that breakpoints and
   * `--inspect` work. For debugging: a task that never ends holds up the program. `close()` ends all of it.
   *
   * @example
   * const client = await Client.inline()
   */
  static async inline(options: Omit<ClientOptions, 'timeout' | 'signal'> = {}): Promise<Client> {
    const { startInline } = await import('../cluster/inline-cluster.js')
    const network = await startInline(taskClients(async () => Client.over))
    const client = await Client.connect(network.address, options)
    client.session.onClosed = () => network.close()
    return client
  }

  /** @internal A client whose connection is there. */
  static over(session: Session): Client {
    return new Client(session)
  }

  /** By which scheduler and other clients know it. */
  get id(): string {
    return this.session.id
  }

  /** The scheduler's. */
  get address(): Address {
    return this.session.address
  }

  /**
   * Values for futures, in any shape: arrays, tuples, records, Maps and Sets, nested. Values come straight from the
   * workers, each once.
   *
   * @example
   * const { total, parts } = await client.gather({ total: sum, parts: squares })
   *
   * @throws what a task threw: the first that failed, unless `errors: 'skip'`; WaitTimeoutError; SchedulerLostError.
   */
  async gather<const T, const O extends GatherOptions = GatherOptions>(
    shape: T,
    options?: O,
  ): Promise<Gathered<T, O extends { errors: 'skip' } ? undefined : never>> {
    return (await gatherShape(this.session, shape, options)) as never
  }

  /**
   * Puts a value on a worker ahead of its use, and gives a future of it. Do not change it before the promise resolves.
   *
   * @example
   * const table = await client.scatter(new Float64Array(1e6), { broadcast: true })
   *
   * @throws CloneError; HeddleError HEDDLE_NO_WORKER; OptionError; SchedulerLostError; KeyConflictError.
   */
  async scatter<T>(value: T, options: ScatterOptions = {}): Promise<Future<T>> {
    return (await scatterValues(this.session, [value], options))[0] as Future<T>
  }

  /**
   * Puts many values on the workers, spread evenly, in one message for each. The names of a record are the keys.
   *
   * @example
   * const [a, b] = await client.scatterAll([1, 2])
   * const { x } = await client.scatterAll({ x: 10 })
   *
   * @throws as `scatter`.
   */
  async scatterAll<T>(values: Iterable<T>, options?: ScatterOptions): Promise<Future<T>[]>
  async scatterAll<T extends Readonly<Record<Key, unknown>>>(
    values: T,
    options?: ScatterOptions,
  ): Promise<{ -readonly [K in keyof T]: Future<T[K]> }>
  async scatterAll(values: object, options: ScatterOptions = {}): Promise<unknown> {
    checkValues(values)
    if (Symbol.iterator in values) return scatterValues(this.session, [...(values as Iterable<unknown>)], options)
    const names = Object.keys(values)
    const futures = await scatterValues(this.session, Object.values(values), options, names)
    return Object.fromEntries(names.map((name, i) => [name, futures[i]]))
  }

  /**
   * Waits until futures have ended, or the first has. A failure is no error here.
   * @throws WaitTimeoutError, SchedulerLostError.
   */
  async wait<R>(futures: Iterable<Future<R>>, options?: WaitForOptions): Promise<Waited<Future<R>>> {
    this.session.assertOpen()
    return wait(futures, options)
  }

  /**
   * The futures in the order in which they end.
   *
   * @example
   * for await (const future of client.asCompleted(futures)) console.log(await future.result())
   */
  asCompleted<R>(futures: Iterable<Future<R>>): AsCompleted<Future<R>> {
    this.session.assertOpen()
    return new AsCompleted(futures)
  }

  /** A future of a key that exists already. It fails with HEDDLE_UNKNOWN_KEY if it does not. */
  future<R = unknown>(key: Key): Future<R> {
    return futureOf(this.session, key) as Future<R>
  }

  /**
   * Bundles a module with its dependencies and gives its functions, to be submitted. `path`: beside the file that calls
   * this, else in the working directory; a URL as it is. The module's top level runs once in each thread that uses it.
   *
   * @example
   * const tasks = await client.module<typeof import('./tasks.js')>('./tasks.ts')
   * const table = client.submit(tasks.load, 'file.csv')
   *
   * @throws LoadError for a file that is not there or does not compile.
   */
  async module<M>(path: string | URL, options: ModuleOptions = {}): Promise<RemoteModule<M>> {
    const { watch = false, ...bundling } = options
    const module = await loadModule<M>(path, bundling)
    if (watch) this.watch(module)
    return module
  }

  /**
   * Bundles a module of `client.module` again whenever one of its files is saved: what is submitted later runs the new
   * code. What does not compile is logged, and the old code goes on. Ends with the client, or by `close()`.
   *
   * @example
   * const tasks = await client.module<typeof import('./tasks.js')>('./tasks.ts')
   * client.watch(tasks)
   *
   * @throws OptionError for anything else.
   */
  watch(module: object): Watching {
    this.session.assertOpen()
    const watching = watchModule(module, this.session.logger)
    this.session.watches.add(watching)
    return watching
  }

  /**
   * Calls a function once in each thread that runs tasks of this client, before the first of those that are submitted
   * from now on; also in threads and workers that start later. If it throws, those tasks fail with that.
   *
   * @example
   * client.setup((url: string) => void ((globalThis as { api?: string }).api = url), 'http://127.0.0.1:3000')
   *
   * @throws CaptureError, LoadError, as `submit`; CloneError when an argument cannot travel, or is large.
   */
  setup<P extends unknown[]>(fn: (this: void, ...args: P) => unknown, ...args: P): void {
    this.session.assertOpen()
    this.session.assertOwn('setup')
    this.session.environment.addSetup(fn, args)
  }

  /**
   * Gives a file (up to 32 MiB) to the tasks that are submitted from now on: they find its path by its name in
   * `taskContext().files`. Each worker gets it before the first of them. The promise gives the name.
   *
   * @throws OptionError for a file that is too large; the system's error when it cannot be read.
   */
  async upload(path: string | URL): Promise<string> {
    this.session.assertOpen()
    this.session.assertOwn('upload')
    return this.session.environment.addFile(fileOf(path), await readFile(fileOf(path)))
  }

  /** Cancels tasks and what depends on them, unless another client wants them; running functions are stopped. */
  async cancel(futures: Future<unknown> | Iterable<Future<unknown>>, options?: CancelOptions): Promise<void> {
    cancelStates(this.session, futuresOf(futures).map(Future.stateOf), options)
  }

  /** Runs tasks again that failed, and what failed because of them. */
  async retry(futures: Future<unknown> | Iterable<Future<unknown>>): Promise<void> {
    retryFailed(this.session, futures)
  }

  /** Which workers hold each key. Default: of all keys. */
  async whoHas(which?: KeysLike): Promise<ReadonlyMap<Key, readonly Address[]>> {
    return (await this.session.request('who_has', which === undefined ? {} : { keys: keysOf(which) })).who_has
  }

  /** Which keys each worker holds. `workers`: names or addresses; default all. */
  async hasWhat(workers?: string | readonly string[]): Promise<ReadonlyMap<Address, readonly Key[]>> {
    return (await this.session.request('has_what', workers ? { keys: [workers].flat() } : {})).has_what
  }

  /** Threads of each worker. `workers`: names or addresses; default all. */
  async ncores(workers?: string | readonly string[]): Promise<ReadonlyMap<Address, number>> {
    return (await this.session.request('ncores', workers ? { keys: [workers].flat() } : {})).ncores
  }

  /** What is known of each worker, by address. */
  async workers(): Promise<ReadonlyMap<Address, WorkerSummary>> {
    return (await this.session.request('workers', {})).workers
  }

  /**
   * Copies data to `n` workers (default: all, or all of `workers`). Futures are waited for first.
   * @throws HeddleError for a key that no worker has, or workers that are not there; what a task threw; OptionError.
   */
  async replicate(which: KeysLike, options: { n?: number; workers?: string | readonly string[] } = {}): Promise<void> {
    checkNames(options, ['n', 'workers'])
    await replicateKeys(this.session, which, options)
  }

  /** Moves data from full workers to empty ones. Default: any data. @throws as `replicate`. */
  async rebalance(which?: KeysLike): Promise<void> {
    await rebalanceKeys(this.session, which)
  }

  /** Moves the data of workers (names or addresses) elsewhere and ends them; gives the addresses of those that went. */
  async retireWorkers(workers: string | readonly string[]): Promise<Address[]> {
    return retire(this.session, workers)
  }

  /**
   * Forgets every task of every client, cancels their futures, and starts the processes of workers anew where somebody
   * does that (`heddle worker`, `LocalCluster`); other workers stay, and are emptied. Gives the workers that are there.
   * @throws WaitTimeoutError that names the workers that are not back in time; OptionError.
   */
  async restart(options: RestartOptions = {}): Promise<Address[]> {
    return await restartCluster(this.session, options)
  }

  /** How a key came into its state, oldest first. */
  async story(which: Key | Future<unknown>): Promise<StoryEntry[]> {
    return (await this.session.request('story', { key: keyOf(which) })).story
  }

  /** Why a key is in its state: as data, with a sentence for people. */
  async explain(which: Key | Future<unknown>): Promise<Explanation> {
    return explainKey(this.session, keyOf(which))
  }

  /** Ends it: its futures are let go, pending calls reject with HEDDLE_CLOSED. That of a task ends with its task. */
  async close(): Promise<void> {
    if (this.session.hooks === undefined) await this.session.close()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Client(${this.id} at ${this.address}${this.session.ended ? ', closed' : ''})`
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
