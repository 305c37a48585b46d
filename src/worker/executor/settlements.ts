import type { ExecutorEvents, Job, Outcome } from './executor.js'

/** Outcomes on their way to the worker: told in one go, in the order in which they came. */
export class Settlements {
  #waiting: [job: Job, outcome: Outcome][] = []
  #done = 0

  /** How many there ever were. */
  get done(): number {
    return this.#done
  }

  add(job: Job, outcome: Outcome): void {
    this.#waiting.push([job, outcome])
    this.#done++
  }

  tell(events: ExecutorEvents): void {
    if (this.#waiting.length === 0) return
    const told = this.#waiting
    this.#waiting = []
    for (const [job, outcome] of told) events.onOutcome(job, outcome)
  }
}
