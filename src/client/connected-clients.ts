import type { AsyncResource } from 'node:async_hooks'
import type { ClientTask, TaskHooks, Within } from '../code/task-clients.js'
import { readTls } from '../comm/tls-credentials.js'
import { createLogger } from '../log/log.js'
import type { TaskLog } from '../protocol/messages.js'
import { Future } from './future.js'
import { gatherShape } from './gather.js'
import type { Holding } from './holds.js'
import { Session, type SessionHooks } from './session.js'
import type { ClientOver } from './task-clients.js'
import { TaskHoldings } from './task-holdings.js'
import type { Waiting } from './waiting.js'
import { explainWrong } from './wrong-address.js'

const CONNECT_TIMEOUT_MS = 5000

/** What the clients of tasks have in common: one connection, and what each task holds and waits for. */
export class ConnectedClients implements SessionHooks {
  readonly #hooks: TaskHooks
  readonly #outside: AsyncResource
  readonly #over: ClientOver
  readonly #tasks = new Map<ClientTask, TaskHoldings>()
  readonly #waiting = new Map<Waiting, TaskHoldings>()
  /** Whose tasks have these keys, or keys that begin so. */
  readonly #byName = new Map<string, ClientTask>()
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
    this.#tasks.get(task)?.letGo()
    this.#tasks.delete(task)
  }

  async close(): Promise<void> {
    await this.#session?.close()
  }

  onFuture(held: Holding): void {
    const task = this.#hooks.current()
    if (task === undefined) return
    if (task.isOver) return held.releaseAll()
    this.#of(task).hold(held)
    this.#byName.set(held.name, task)
  }

  onWait(waiting: Waiting): void {
    const task = this.#hooks.current()
    if (task === undefined || task.isOver) return
    this.#hooks.secede(task)
    const holdings = this.#of(task)
    this.#waiting.set(waiting, holdings)
    holdings.wait(waiting)
  }

  onWaited(waiting: Waiting): void {
    this.#waiting.get(waiting)?.waited(waiting)
    this.#waiting.delete(waiting)
  }

  #of(task: ClientTask): TaskHoldings {
    let holdings = this.#tasks.get(task)
    if (holdings === undefined) {
      holdings = new TaskHoldings(task, ({ name }) => this.#byName.delete(name))
      this.#tasks.set(task, holdings)
    }
    return holdings
  }

  /** What a task of a task has printed is told as its own, with the other's worker and key before it. */
  #relay({ key, worker, level, text }: TaskLog): void {
    const task = this.#byName.get(key) ?? this.#byName.get(key.replace(/-\d+$/, '')) ?? this.#hooks.current()
    if (task === undefined || task.isOver) return
    const prefix = `[${worker} ${key}] `
    this.#hooks.relay?.(task, level, prefix + text.replaceAll('\n', `\n${prefix}`))
  }

  async #connect(): Promise<unknown> {
    try {
      const { scheduler, workerName, tls } = this.#hooks
      const options = { connectTimeoutMs: CONNECT_TIMEOUT_MS, name: `task-${workerName}`, logger: createLogger('task') }
      const logs = this.#hooks.relay && ((line: TaskLog) => this.#relay(line))
      this.#session = await Session.connect(scheduler, { ...options, tls: readTls(tls), hooks: this, logs })
      return this.#over(this.#session)
    } catch (error) {
      this.#connecting = undefined
      throw await explainWrong(this.#hooks.scheduler, error)
    }
  }
}
