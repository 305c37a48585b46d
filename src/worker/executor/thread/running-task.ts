import type { Key } from '../../../protocol/names.js'
import type { TaskContext } from '../../task-context.js'

/** What main and the task share while it runs. */
export interface AbortLine {
  /** Main has asked for the end of the task. True to the moment, also for code that never awaits. */
  isAsked(): boolean
  /** The task has taken its signal: it may end by itself. */
  noteTaken(): void
}

/** A task from its claim to its end, and what `taskContext()` gives. */
export class RunningTask implements TaskContext {
  /** When user code began. */
  start = 0
  #controller: AbortController | undefined

  constructor(
    readonly id: number,
    readonly key: Key,
    readonly attempt: number,
    readonly runId: number,
    readonly worker: string,
    readonly thread: number,
    readonly line: AbortLine,
  ) {}

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.line.noteTaken()
      watch(this.#controller, this)
      if (this.line.isAsked()) this.abort()
    }
    return this.#controller.signal
  }

  abort(): void {
    this.#controller?.abort(new DOMException(`task ${this.key} was asked to end`, 'AbortError'))
  }
}

/** A loop that never awaits gets no event; its signal looks at the shared cell whenever it is asked. */
function watch({ signal }: AbortController, task: RunningTask): void {
  const prototype = AbortSignal.prototype
  const aborted = Object.getOwnPropertyDescriptor(prototype, 'aborted')!.get!
  const look = (): boolean => {
    if (!aborted.call(signal) && task.line.isAsked()) task.abort()
    return aborted.call(signal) as boolean
  }
  Object.defineProperty(signal, 'aborted', { get: look })
  Object.defineProperty(signal, 'throwIfAborted', {
    value: () => {
      look()
      prototype.throwIfAborted.call(signal)
    },
  })
}
