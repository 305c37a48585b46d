import type { AsyncResource } from 'node:async_hooks'
import type { ClientTask, TaskHooks, Within } from '../code/task-clients.js'
import { readTls } from '../comm/tls-credentials.js'
import { createLogger } from '../log/log.js'
import { Future } from './future.js'
import { gatherShape } from './gather.js'
import type { Holding } from './holds.js'
import { Session, type SessionHooks } from './session.js'
import type { ClientOver } from './task-clients.js'
import type { Waiting } from './waiting.js'
import { explainWrong } from './wrong-address.js'

const CONNECT_TIMEOUT_MS = 5000

/** What the clients of tasks have in common: one connection, and what each task holds and waits for. */
export class ConnectedClients implements SessionHooks {
  readonly #hooks: TaskHooks
  readonly #outside: AsyncResource
  readonly #over: ClientOver
  readonly #held = new Map<ClientTask, Set<Holding>>()
  /** How a call that waits is kept from waiting for a task that is to end. */
  readonly #listening = new Map<Waiting, () => void>()
  #connecting: Promise<unknown> | undefined
  #session: Session | undefined

  constructor(hooks: TaskHooks, outside: AsyncResource, over: ClientOver) {
    this.#over = over
    this.#hooks = hooks
    this.#outside = outside
  }

  /** One for all tasks. A connection that was lost is made anew. @throws ConnectError. */
  client(): Promise<unknown> {
    if (this.#session?.ended) this.#connecting = undefined
    this.#connecting ??= this.#outside.runInAsyncScope(() => this.#connect())
    return this.#connecting
  }

  resolve(value: unknown, within: Within): Promise<unknown> | undefined {
    const session = this.#session
    const isOurs = (one: unknown) => one instanceof Future && Future.sessionOf(one) === session
    const isAnswer = Array.isArray(value) ? value.length > 0 && value.every(isOurs) : isOurs(value)
    return isAnswer && session !== undefined ? within(() => gatherShape(session, value, {})) : undefined
  }

  letGo(task: ClientTask): void {
    const held = this.#held.get(task)
    if (held === undefined) return
    this.#held.delete(task)
    for (const one of held) one.releaseAll()
  }

  async close(): Promise<void> {
    await this.#session?.close()
  }

  onFuture(held: Holding): void {
    const task = this.#hooks.current()
    if (task === undefined) return
    if (task.isOver) return held.releaseAll()
    const all = this.#held.get(task) ?? new Set()
    this.#held.set(task, all.add(held))
  }

  onWait(waiting: Waiting): void {
    const task = this.#hooks.current()
    if (task === undefined || task.isOver) return
    this.#hooks.secede(task)
    const { signal } = task
    const stop = () => waiting.fail(signal.reason as Error)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    this.#listening.set(waiting, () => signal.removeEventListener('abort', stop))
  }

  onWaited(waiting: Waiting): void {
    this.#listening.get(waiting)?.()
    this.#listening.delete(waiting)
  }

  async #connect(): Promise<unknown> {
    try {
      const { scheduler, workerName, tls } = this.#hooks
      const options = { connectTimeoutMs: CONNECT_TIMEOUT_MS, name: `task-${workerName}`, logger: createLogger('task') }
      this.#session = await Session.connect(scheduler, { ...options, tls: readTls(tls), hooks: this })
      return this.#over(this.#session)
    } catch (error) {
      this.#connecting = undefined
      throw await explainWrong(this.#hooks.scheduler, error)
    }
  }
}
