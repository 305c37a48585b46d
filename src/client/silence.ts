import { ConnectError, WaitTimeoutError } from '../errors.js'

/** Heartbeats without a word from the scheduler, which answers each unless it has much to do for this client. */
const TICKS_MAX = 3
/** Then it is asked, and has as many times the interval to answer. */
const PATIENCE = 3

/** What is asked, and what follows if there is no answer. */
export interface Listener {
  ask(timeoutMs: number): Promise<unknown>
  onDead(silentMs: number): void
}

/**
 * Notices that the scheduler is gone without a sign: its machine was cut off, or its process hangs. Bytes that are on
 * their way keep the system from asking by itself. Heartbeats are counted, not time: a program that was stopped, by a
 * debugger perhaps, has heard nothing only because it did not listen.
 */
export class Silence {
  readonly #intervalMs: number
  readonly #listener: Listener
  #ticks = 0
  #asking = false

  constructor(intervalMs: number, listener: Listener) {
    this.#intervalMs = intervalMs
    this.#listener = listener
  }

  /** The scheduler said something. */
  heard(): void {
    this.#ticks = 0
  }

  /** With each heartbeat. */
  tick(): void {
    this.#ticks++
    if (this.#ticks >= TICKS_MAX && !this.#asking) void this.#ask()
  }

  async #ask(): Promise<void> {
    this.#asking = true
    try {
      await this.#listener.ask(PATIENCE * this.#intervalMs)
      this.heard()
    } catch (error) {
      // Any other is an answer.
      const isSilent = error instanceof WaitTimeoutError || error instanceof ConnectError
      if (isSilent && this.#ticks >= TICKS_MAX) this.#listener.onDead(this.#ticks * this.#intervalMs)
    } finally {
      this.#asking = false
    }
  }
}
