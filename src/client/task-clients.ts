import { AsyncResource } from 'node:async_hooks'
import type { ClientTask, MakeTaskClients, TaskClients, TaskHooks, Within } from '../code/task-clients.js'
import { HeddleError } from '../errors.js'
import type { ConnectedClients } from './connected-clients.js'
import type { Session } from './session.js'

/** A client whose connection is there. */
export type ClientOver = (session: Session) => unknown

/**
 * For those who start threads and processes: clients for tasks that submit tasks. `load` is called when the first task
 * asks for one.
 */
export function taskClients(load: () => Promise<ClientOver>): MakeTaskClients {
  return (hooks) => new LazyClients(hooks, load)
}

/** See above. All tasks of a thread share one connection. */
class LazyClients implements TaskClients {
  readonly #hooks: TaskHooks
  readonly #over: () => Promise<ClientOver>
  /** Of no task: a connection must not belong to the one that happens to be the first. */
  readonly #outside = new AsyncResource('HeddleTaskClients')
  #loading: Promise<ConnectedClients> | undefined
  #connected: ConnectedClients | undefined

  constructor(hooks: TaskHooks, load: () => Promise<ClientOver>) {
    this.#hooks = hooks
    this.#over = load
  }

  async get(): Promise<unknown> {
    const { current, scheduler } = this.#hooks
    if (current() === undefined) throw noTask()
    if (scheduler === '')
      throw new HeddleError('HEDDLE_NO_SCHEDULER', 'getClient() needs a scheduler, and this task runs without one')
    this.#loading ??= this.#outside.runInAsyncScope(() => this.#load())
    return await (await this.#loading).client()
  }

  resolve(value: unknown, within: Within): Promise<unknown> | undefined {
    return this.#connected?.resolve(value, within)
  }

  letGo(task: ClientTask): void {
    this.#connected?.letGo(task)
  }

  async close(): Promise<void> {
    await this.#connected?.close()
  }

  async #load(): Promise<ConnectedClients> {
    const [{ ConnectedClients }, over] = await Promise.all([import('./connected-clients.js'), this.#over()])
    this.#connected = new ConnectedClients(this.#hooks, this.#outside, over)
    return this.#connected
  }
}

/** Outside of tasks there is no client but those that the program made. */
export function noTask(): HeddleError {
  return new HeddleError(
    'HEDDLE_NO_TASK',
    'getClient() was called outside of a task; a program connects with Client.connect(address)',
  )
}
