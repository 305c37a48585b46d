import { type Crew, limitOf } from './assignment.js'
import type { ExecutorStats } from './executor.js'

interface Counted {
  readonly threads: number
  queued(): number
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
    for (const { posted } of this.#crew.links) for (const one of posted.all()) if (posted.isClaimed(one)) executing++
    return executing
  }

  get offered(): number {
    const posted = this.#crew.links.reduce((sum, link) => sum + link.posted.size + link.posted.aside, 0)
    return this.#counted.queued() + posted - this.executing
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
