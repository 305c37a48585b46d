import { inspect } from 'node:util'
import type { Address } from '../protocol/names.js'
import type { Future } from './future.js'
import { type CheckedGraph, type Graph, getGraph, type Results } from './get.js'
import { type ImapOptions, imapCalls, type Source } from './imap.js'
import { mapCalls } from './map.js'
import { type Chosen, choose, type WithOptions } from './options.js'
import { runOnWorkers } from './run.js'
import type { Session } from './session.js'
import { submitCall } from './submit.js'
import type { Args, MapArgs, Result } from './task-types.js'

/** What submits work, with options for all of it: a client, or what `client.with({ … })` gives. */
export class Submitter {
  /** @internal */
  protected readonly session: Session
  readonly #options: WithOptions
  readonly #chosen: Chosen

  /** @internal */
  constructor(session: Session, options: WithOptions = {}, base: WithOptions = {}) {
    const { options: all, chosen } = choose(options, { ...(session.areLogsWanted ? { logs: true } : {}), ...base })
    this.session = session
    this.#options = all
    this.#chosen = chosen
  }

  /**
   * The same with options for the tasks that are submitted through it.
   *
   * @example
   * const careful = client.with({ retries: 3, timeout: '10s' })
   * const page = careful.submit(download, url)
   *
   * @throws OptionError for an unknown option, with the nearest name, or a wrong value.
   */
  with(options: WithOptions): Submitter {
    return new Submitter(this.session, options, this.#options)
  }

  /**
   * Calls a function on a worker. Every argument may be a future, or have futures in it at any depth: they stand for
   * their values. Each call runs, also an equal one, unless it is declared `pure`.
   *
   * @example
   * const x = client.submit((n: number) => n + 1, 1) // Future<number>
   * const y = client.submit((a: number, b: number) => a * b, x, 10)
   * console.log(await y.result()) // 20
   *
   * @throws CaptureError when the function uses a variable from outside; CloneError when an argument cannot travel;
   * LoadError; KeyConflictError; SchedulerLostError; ClosedError. All else comes through the future.
   */
  submit<P extends unknown[], R>(fn: (this: void, ...args: P) => R, ...args: Args<P>): Future<Result<R>> {
    return submitCall(this.session, this.#chosen, fn, args, this.submit) as Future<Result<R>>
  }

  /**
   * Calls a function once for each item of the lists, which are walked through together; other arguments, single
   * futures too, are shared by all calls.
   *
   * @example
   * const sums = client.map((x: number, y: number, k: number) => (x + y) * k, [1, 2], [10, 20], 2) // of 22 and 44
   *
   * @throws OptionError for lists of different lengths, or none; else as `submit`.
   */
  map<P extends unknown[], R>(fn: (this: void, ...args: P) => R, ...args: MapArgs<P>): Future<Result<R>>[] {
    return mapCalls(this.session, this.#chosen, fn, args, this.map) as Future<Result<R>>[]
  }

  /**
   * Calls a function for each item of a list, iterator or stream of any length, and gives the results one after the
   * other. New calls are submitted as results are taken, so that memory stays flat.
   *
   * @example
   * for await (const size of client.imap((line: string) => line.length, lines, { maxInFlight: 100 })) total += size
   *
   * @throws OptionError; while it is walked through, what a task threw. What is under way is let go then.
   */
  imap<T, R>(
    fn: (this: void, item: T) => R,
    source: Source<NoInfer<T> | Future<NoInfer<T>>>,
    options: ImapOptions = {},
  ): AsyncGenerator<Result<R>, void, undefined> {
    const submit = (item: T | Future<T>) => submitCall(this.session, this.#chosen, fn, [item], this.imap)
    return imapCalls(submit, source, options) as AsyncGenerator<Result<R>, void, undefined>
  }

  /**
   * Runs a graph of named calls and gives the results of those that are asked for. The order of the entries does not
   * matter; names mean something within the graph only. An entry that is no call is a value as it stands: `ref('name')`
   * another name for one, a list of them the list of their values.
   *
   * @example
   * const graph = { a: [() => 1], b: [(x: number) => x + 1, ref('a')] } as const
   * const two = await client.get(graph, 'b')
   *
   * @throws GraphError for a name that is not in the graph, or a circle; what a task threw; as `submit`.
   */
  async get<const G extends Graph, const Names extends (keyof G & string) | readonly (keyof G & string)[]>(
    graph: G & CheckedGraph<G>,
    names: Names,
  ): Promise<Results<G, Names>> {
    const wanted = typeof names === 'string' ? [names] : names
    const results = await getGraph(this.session, this.#chosen, graph, wanted as readonly string[], this.get)
    return (typeof names === 'string' ? results[0] : results) as Results<G, Names>
  }

  /**
   * Runs a function at once on every worker (of those chosen by `with({ workers })`), beside its tasks, and gives the
   * results by worker address.
   *
   * @example
   * const pids = await client.run(() => process.pid)
   *
   * @throws what the function threw on any of them; CaptureError, CloneError, LoadError; SchedulerLostError.
   */
  async run<P extends unknown[], R>(
    fn: (this: void, ...args: P) => R,
    ...args: P
  ): Promise<Record<Address, Awaited<R>>> {
    return (await runOnWorkers(this.session, this.#chosen, fn, args)) as Record<Address, Awaited<R>>
  }

  /** What `env` holds is nobody's business. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const { env, ...options } = this.#options
    const shown = env === undefined ? options : { ...options, env: Object.keys(env) }
    return `Submitter(${this.session.id} at ${this.session.address}, with ${inspect(shown, { breakLength: Infinity })})`
  }
}
