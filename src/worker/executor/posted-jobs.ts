import { Cells } from './cells.js'
import type { Job } from './executor.js'
import type { LiveInput } from './live-inputs.js'
import { Posted } from './posted.js'
import type { ThreadLink } from './thread-link.js'

/** Jobs that one thread can have been given at once. */
export const CELLS = 1024

/** The jobs that one thread has been given, each in its cell. */
export class PostedJobs {
  readonly cells = Cells.of(CELLS)
  readonly #byCell = new Array<Posted | undefined>(CELLS).fill(undefined)
  readonly #free = Array.from({ length: CELLS }, (_, i) => CELLS - 1 - i)
  #sequence = 0

  get size(): number {
    return CELLS - this.#free.length
  }

  get hasCell(): boolean {
    return this.#free.length > 0
  }

  at(cell: number): Posted | undefined {
    return this.#byCell[cell]
  }

  /** Looks through all. */
  find(id: number): Posted | undefined {
    return this.#byCell.find((posted) => posted?.job.id === id)
  }

  /** In the order in which they were given. */
  all(): Posted[] {
    return this.#byCell.filter((posted) => posted !== undefined).sort((a, b) => a.sequence - b.sequence)
  }

  offer(link: ThreadLink, job: Job, inputs: readonly LiveInput[]): Posted {
    const posted = new Posted(link, job, this.#free.pop() as number, ++this.#sequence, inputs)
    this.#byCell[posted.cell] = posted
    this.cells.offer(posted)
    return posted
  }

  remove({ cell }: Posted): void {
    this.#byCell[cell] = undefined
    this.#free.push(cell)
  }
}
