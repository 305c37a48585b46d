import { ClosedError } from '../errors.js'
import { Deferred } from '../util/deferred.js'
import type { DirectOutcome } from './core/events.js'

/** Calls that somebody made to this worker itself and that the core will answer: compute and gather. */
export class DirectCalls {
  readonly #waiting = new Map<number, Deferred<DirectOutcome>>()
  #last = 0
  #closed = false

  /** Begins a call under a number of its own. @throws ClosedError when the worker ends before the answer. */
  begin(start: (request: number) => void): Promise<DirectOutcome> {
    if (this.#closed) return Promise.reject(new ClosedError('the worker'))
    const request = ++this.#last
    const answer = new Deferred<DirectOutcome>()
    this.#waiting.set(request, answer)
    start(request)
    return answer.promise
  }

  answer(request: number, outcome: DirectOutcome): void {
    this.#waiting.get(request)?.resolve(outcome)
    this.#waiting.delete(request)
  }

  close(): void {
    this.#closed = true
    for (const answer of this.#waiting.values()) answer.reject(new ClosedError('the worker'))
    this.#waiting.clear()
  }
}
