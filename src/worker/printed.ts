import type { Logger } from '../log/log.js'
import type { FromWorkerMessage, TaskLog, TaskLogLevel } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'

/** A direct call's answer holds no more of what was printed. */
const COLLECTED_LINES = 1000

/** What a task, or code that belongs to none, has printed; or what an executor has to say. */
export interface PrintedLine {
  readonly key: Key | undefined
  readonly level: TaskLogLevel
  readonly text: string
  /** Another task has printed it, whose worker has it in its log. */
  readonly relayed?: true | undefined
}

/** What tasks print goes to the worker's log, and to those who asked for it. */
export class Printed {
  readonly #worker: string
  readonly #logger: Logger
  readonly #send: (message: FromWorkerMessage) => void
  /** Tasks whose output the scheduler is told, for a client. */
  readonly #told = new Set<Key>()
  readonly #collected = new Map<Key, TaskLog[]>()

  /** `send`: to the scheduler. */
  constructor(worker: string, logger: Logger, send: (message: FromWorkerMessage) => void) {
    this.#worker = worker
    this.#logger = logger
    this.#send = send
  }

  /** For executors. */
  readonly onLog = ({ key, level, text, relayed }: PrintedLine): void => {
    const worker = this.#worker
    if (!relayed) this.#logger[level === 'log' ? 'info' : level](text, key === undefined ? { worker } : { worker, key })
    if (key === undefined) return
    if (this.#told.has(key)) this.#send({ op: 'task-log', key, level, text })
    const lines = this.#collected.get(key)
    if (lines !== undefined && lines.length < COLLECTED_LINES) lines.push({ key, worker, level, text })
  }

  /** The scheduler is told what this task prints, until `untell`. */
  tell(key: Key): void {
    this.#told.add(key)
  }

  untell(key: Key): void {
    this.#told.delete(key)
  }

  /** Runs something during which the task prints; gives what that was beside the answer, if it is `wanted`. */
  async collect<Answer extends object>(
    key: Key,
    wanted: boolean | undefined,
    run: () => Promise<Answer>,
  ): Promise<Answer & { logs?: TaskLog[] }> {
    if (wanted !== true) return run()
    const logs: TaskLog[] = []
    this.#collected.set(key, logs)
    try {
      return { ...(await run()), logs }
    } finally {
      if (this.#collected.get(key) === logs) this.#collected.delete(key)
    }
  }
}
