import type { ClientTask } from '../code/task-clients.js'
import type { Holding } from './holds.js'
import type { Waiting } from './waiting.js'

/** Kept before it is looked through for what was let go. */
const FEW = 1000

/** What one task holds at the client that it shares with others, and what it waits for. */
export class TaskHoldings {
  readonly #task: ClientTask
  #isListening = false
  readonly #waiting = new Set<Waiting>()
  #held = new Set<Holding>()
  #many = FEW

  constructor(task: ClientTask) {
    this.#task = task
  }

  /** How many it is known to hold, and some that it has let go. */
  get size(): number {
    return this.#held.size
  }

  /** A task that lives long may have had many more than it has. */
  hold(held: Holding): void {
    this.#held.add(held)
    if (this.#held.size < this.#many) return
    this.#held = new Set([...this.#held].filter((one) => !one.isEmpty))
    this.#many = 2 * this.#held.size + FEW
  }

  /** The call rejects when the task is to end. */
  wait(waiting: Waiting): void {
    const { signal } = this.#task
    if (!this.#isListening) signal.addEventListener('abort', () => this.#stop(), { once: true })
    this.#isListening = true
    this.#waiting.add(waiting)
    if (signal.aborted) this.#stop()
  }

  waited(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  letGo(): void {
    for (const held of this.#held) held.releaseAll()
    this.#held.clear()
  }

  #stop(): void {
    const { reason } = this.#task.signal
    for (const waiting of [...this.#waiting]) waiting.fail(reason as Error)
  }
}
