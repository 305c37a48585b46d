/** When main looks for results by itself, instead of being woken at the end of each task. */
import type { Crew } from './assignment.js'

const EVERY_MS = 2
/** Main is through with so many shorter ones in one go anyway; longer ones are seldom enough. */
const SHORTEST_MS = 0.25
const LONGEST_MS = 2

/**
 * While threads have more than one task of about a millisecond, main goes round every two: to be woken by a thread takes
 * the core from that thread's next task. A thread that has nothing more to do wakes main all the same.
 */
export class Rounds {
  readonly #crew: Crew
  readonly #look: () => void
  #timer: NodeJS.Timeout | undefined

  /** `look` takes in the results that are there, and calls `begin` again. */
  constructor(crew: Crew, look: () => void) {
    this.#crew = crew
    this.#look = look
  }

  /** Threads have been given something. */
  begin(): void {
    if (this.#timer !== undefined || !isWorthIt(this.#crew)) return
    this.#timer = setTimeout(() => this.#go(), EVERY_MS).unref()
    this.#announce(true)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** No result is left behind: either it is seen here, or its thread sees that nobody comes. */
  #go(): void {
    this.#timer = undefined
    this.#announce(false)
    this.#look()
  }

  #announce(comes: boolean): void {
    for (const link of this.#crew.links) link.announce(comes)
  }
}

function isWorthIt({ pace, links }: Crew): boolean {
  if (pace.meanMs < SHORTEST_MS || pace.meanMs > LONGEST_MS) return false
  return links.some(({ posted }) => posted.size > 1)
}
