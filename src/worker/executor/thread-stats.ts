import { type Crew, limitOf } from './assignment.js'
import type { ExecutorStats } from './executor.js'
import type { Posted } from './thread-events.js'
import type { ThreadLink } from './thread-link.js'

interface Counted {
  readonly threads: number
  queued(): number
  /** The thread of each job that one has. */
  readonly places: ReadonlyMap<number, ThreadLink>
  done(): number
}

/** Counts when it is asked, so that counting costs nothing otherwise. */
export class ThreadStats implements ExecutorStats {
  readonly threads: number
  readonly #crew: Crew
  readonly #counted: Counted

  constructor(crew: Crew, counted: Counted) {
    this.threads = counted.threads
    this.#crew = crew
    this.#counted = counted
  }

  get executing(): number {
    let executing = 0
    for (const [id, link] of this.#counted.places) if (link.isClaimed(link.posted.get(id) as Posted)) executing++
    return executing
  }

  get offered(): number {
    return this.#counted.queued() + this.#counted.places.size - this.executing
  }

  get done(): number {
    return this.#counted.done()
  }

  get meanMs(): number {
    return this.#crew.pace.meanMs
  }

  get appetite(): number {
    let jobs = 0
    for (const link of this.#crew.links) jobs += limitOf(this.#crew, link)
    return Math.max(jobs, this.threads)
  }
}
