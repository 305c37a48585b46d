import type { TlsOptions } from '../comm/tls-credentials.js'
import type { TaskLogLevel } from '../protocol/messages.js'

/** A task as its client sees it. */
export interface ClientTask {
  readonly key: string
  readonly signal: AbortSignal
  /** It has ended, whatever of its code still runs. */
  readonly isOver: boolean
}

/** What the clients of tasks know of the place where these run. */
export interface TaskHooks {
  /** Address of the scheduler; empty: there is none. */
  readonly scheduler: string
  /** Certificates, where that is a `tls://` address. */
  readonly tls?: TlsOptions | undefined
  readonly workerName: string
  /** The task in whose code this is called. */
  current(): ClientTask | undefined
  /** It waits for other tasks: those may run in its place. */
  secede(task: ClientTask): void
  /** Tells whoever wants what the task prints what a task of its has printed. Absent: that shows anyway. */
  relay?(task: ClientTask, level: TaskLogLevel, text: string): void
}

/** Calls something as part of a task. */
export type Within = <T>(run: () => T) => T

/** Clients for tasks that submit tasks. Whoever starts a thread or process brings them along: the worker knows no client. */
export interface TaskClients {
  /** That of the running task. @throws HeddleError outside of tasks, ConnectError. */
  get(): Promise<unknown>
  /** The value of a task that gave futures of its client, waited for `within` it; undefined if it gave none. */
  resolve(value: unknown, within: Within): Promise<unknown> | undefined
  /** The task is over: its futures are let go. */
  letGo(task: ClientTask): void
  close(): Promise<void>
}

/** Makes them; nothing is connected before it is asked for. */
export type MakeTaskClients = (hooks: TaskHooks) => TaskClients
