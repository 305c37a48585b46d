import { AsyncLocalStorage } from 'node:async_hooks'
import type { Artefact } from '../../../code/artefact.js'
import { type Environment, readEnvironment, type Setup } from '../../../code/environment.js'
import { mapStack } from '../../../code/load.js'
import { LoadError } from '../../../errors.js'
import type { FunctionRef } from '../../../protocol/names.js'
import { exportOf } from '../../../util/function-ref.js'
import { decode } from '../../../values/decode.js'
import { Encoded } from '../../../values/encoded.js'
import { pathOfFile } from '../../task-files.js'
import { inContext, NO_LINE, RunningTask } from './running-task.js'

/** Where a thread is. */
export interface ThreadPlace {
  readonly workerName: string
  readonly thread: number
  readonly localDirectory: string
}

type Callable = (...args: unknown[]) => unknown
type Values = Record<string, string>

/** An environment in this thread. */
export interface ReadyEnvironment {
  readonly values: Values | undefined
  /** Paths of uploaded files, by name. */
  readonly files: Readonly<Record<string, string>>
}

/** The environments of a thread: each is made ready once, each setup runs once. */
export class Environments {
  readonly #place: ThreadPlace
  readonly #find: (ref: FunctionRef) => Promise<Callable>
  readonly #ready = new Map<string, ReadyEnvironment>()
  /** Setups that have run or are running. Those that failed are tried again. */
  readonly #setups = new Map<string, Promise<void>>()

  /** `find` loads a function of a setup. */
  constructor(place: ThreadPlace, find: (ref: FunctionRef) => Promise<Callable>) {
    this.#place = place
    this.#find = find
  }

  get(hash: string): ReadyEnvironment | undefined {
    return this.#ready.get(hash)
  }

  remove(hash: string): void {
    this.#ready.delete(hash)
  }

  /** Runs the setups that have not run in this thread. @throws LoadError that says which failed. */
  async prepare(artefact: Artefact): Promise<ReadyEnvironment> {
    const known = this.#ready.get(artefact.hash)
    if (known !== undefined) return known
    const environment = readEnvironment(artefact)
    const ready = this.#describe(environment)
    for (const setup of environment.setup ?? []) await this.#setUp(setup, ready)
    this.#ready.set(artefact.hash, ready)
    return ready
  }

  #describe({ env, files = {} }: Environment): ReadyEnvironment {
    const { localDirectory } = this.#place
    const paths = Object.entries(files).map(([name, hash]) => [name, pathOfFile(localDirectory, hash, name)])
    if (env !== undefined) overlayEnv()
    return { values: env && { ...env }, files: Object.fromEntries(paths) as Record<string, string> }
  }

  #setUp(setup: Setup, ready: ReadyEnvironment): Promise<void> {
    const id = JSON.stringify([setup, ready.values])
    let running = this.#setups.get(id)
    if (running === undefined) {
      running = this.#run(setup, ready)
      this.#setups.set(id, running)
      running.catch(() => this.#setups.delete(id))
    }
    return running
  }

  async #run({ ref, args }: Setup, ready: ReadyEnvironment): Promise<void> {
    const name = exportOf(ref)
    const { workerName, thread, localDirectory } = this.#place
    const place = { localDirectory, files: ready.files }
    const task = new RunningTask(0, `setup-${name}`, 1, 0, workerName, thread, NO_LINE, place)
    try {
      const fn = await this.#find(ref)
      const head = new Uint8Array(Buffer.from(args, 'base64'))
      const list = decode(new Encoded(head, [], head.byteLength)) as unknown[]
      await within(ready.values, () => inContext(task, fn, list))
    } catch (cause) {
      mapStack(cause)
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
      throw new LoadError('HEDDLE_LOAD', `the setup '${name}' failed on ${workerName}: ${reason}`, { cause })
    }
  }
}

const current = new AsyncLocalStorage<Values>()

/** Runs something that finds these values in `process.env`, also after an await. */
export function within<T>(values: Values | undefined, run: () => T): T {
  return values === undefined ? run() : current.run(values, run)
}

let overlaid = false

/** `process.env` shows each task its own values on top of the thread's. */
function overlayEnv(): void {
  if (overlaid) return
  overlaid = true
  const own = (name: PropertyKey) => {
    const values = current.getStore()
    return values !== undefined && Object.hasOwn(values, name) ? values : undefined
  }
  process.env = new Proxy(process.env, {
    get: (env, name) => Reflect.get(own(name) ?? env, name),
    has: (env, name) => own(name) !== undefined || Reflect.has(env, name),
    set: (env, name, value) => Reflect.set(own(name) ?? env, name, String(value)),
    deleteProperty: (env, name) => Reflect.deleteProperty(own(name) ?? env, name),
    ownKeys: (env) => [...new Set([...Reflect.ownKeys(env), ...Reflect.ownKeys(current.getStore() ?? {})])],
    getOwnPropertyDescriptor: (env, name) => Reflect.getOwnPropertyDescriptor(own(name) ?? env, name),
  })
}
