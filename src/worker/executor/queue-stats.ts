import type { ExecutorStats } from './executor.js'
import type { JobQueue } from './job-queue.js'
import type { Pace } from './pace.js'
import type { Settlements } from './settlements.js'

interface Counted {
  readonly threads: number
  readonly queue: JobQueue
  readonly pace: Pace
  readonly settlements: Settlements
  executing(): number
}

/** The figures of an executor whose jobs all wait in one queue; counted when asked for. */
export class QueueStats implements ExecutorStats {
  readonly #counted: Counted

  constructor(counted: Counted) {
    this.#counted = counted
  }

  get threads(): number {
    return this.#counted.threads
  }

  get executing(): number {
    return this.#counted.executing()
  }

  get offered(): number {
    return this.#counted.queue.size
  }

  get done(): number {
    return this.#counted.settlements.done
  }

  get meanMs(): number {
    return this.#counted.pace.meanMs
  }

  get appetite(): number {
    return this.#counted.threads + this.#counted.pace.ahead
  }
}
