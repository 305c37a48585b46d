import type { Logger } from '../log/log.js'
import type { Key } from '../protocol/names.js'
import type { KeyState } from './key-state.js'
import { errorFrom } from './remote-error.js'

const REMEMBERED = 10_000

/**
 * Sees to it that no failure is lost: one that nobody has looked at is logged when its future goes. However many tasks
 * failed because of one, it is said once.
 */
export class ErrorReports {
  readonly #logger: Logger
  /** Tasks whose own failure is known to the user. */
  readonly #known = new Set<Key>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** The user sees the outcome of this key, or will. */
  observe(state: KeyState): void {
    state.observed = true
    if (state.outcome?.status === 'error') this.#remember(state.outcome.blame)
  }

  /** Its last future goes. */
  report({ key, outcome, observed }: KeyState): void {
    if (outcome?.status !== 'error' || observed || this.#known.has(outcome.blame)) return
    this.#remember(outcome.blame)
    const error = errorFrom(outcome.error)
    this.#logger.warn(`${outcome.blame} failed, and nobody asked for the result of ${key}`, { error })
  }

  #remember(key: Key): void {
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.add(key)
  }
}
