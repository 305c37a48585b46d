import type { ClientTask } from '../code/task-clients.js'
import type { Holding } from './holds.js'
import type { Waiting } from './waiting.js'

/** Kept before it is looked through for what was let go. */
const FEW = 1000

/** What one task holds at the client that it shares with others, and what it waits for. */
export class TaskHoldings {
  readonly #task: ClientTask
  readonly #onGone: (held: Holding) => void
  #isListening = false
  readonly #waiting = new Set<Waiting>()
  readonly #held = new Set<Holding>()
  #many = FEW

  /** `onGone`: told of each that it holds no more. */
  constructor(task: ClientTask, onGone: (held: Holding) => void) {
    this.#task = task
    this.#onGone = onGone
  }

  /** How many it is known to hold, and some that it has let go. */
  get size(): number {
    return this.#held.size
  }

  /** A task that lives long may have had many more than it has. */
  hold(held: Holding): void {
    this.#held.add(held)
    if (this.#held.size < this.#many) return
    for (const one of this.#held) if (one.isEmpty) this.#drop(one)
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
    for (const held of this.#held) {
      this.#drop(held)
      held.releaseAll()
    }
  }

  #drop(held: Holding): void {
    this.#held.delete(held)
    this.#onGone(held)
  }

  #stop(): void {
    const { reason } = this.#task.signal
    for (const waiting of [...this.#waiting]) waiting.fail(reason as Error)
  }
}
