import { asideCell, Cells, idAside } from './cells.js'
import type { Job } from './executor.js'
import type { LiveInput } from './live-inputs.js'
import { Posted } from './posted.js'
import type { ThreadLink } from './thread-link.js'

/** Jobs that take a place in one thread at once. */
export const CELLS = 1024

/** The jobs that one thread has been given, each in its cell; those that wait for other tasks have left theirs. */
export class PostedJobs {
  readonly #cells = Cells.of(CELLS)
  readonly #byCell = new Array<Posted | undefined>(CELLS).fill(undefined)
  readonly #free = Array.from({ length: CELLS }, (_, i) => CELLS - 1 - i)
  /** By their `asideCell`; as many as there are. */
  readonly #aside = new Map<number, Posted>()
  #sequence = 0

  /** For the thread. */
  get memory(): SharedArrayBuffer {
    return this.#cells.memory
  }

  /** Those that take a place. */
  get size(): number {
    return CELLS - this.#free.length
  }

  get aside(): number {
    return this.#aside.size
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.#aside.size === 0
  }

  get hasCell(): boolean {
    return this.#free.length > 0
  }

  /** What is told of a job through the ring may overtake the message that it left its cell. */
  at(cell: number): Posted | undefined {
    return cell < 0 ? (this.#aside.get(cell) ?? this.find(idAside(cell))) : this.#byCell[cell]
  }

  /** Looks through all. */
  find(id: number): Posted | undefined {
    return this.#aside.get(asideCell(id)) ?? this.#byCell.find((posted) => posted?.job.id === id)
  }

  /** It has not ended. */
  has(posted: Posted): boolean {
    return this.#byCell[posted.cell] === posted || this.#aside.get(asideCell(posted.job.id)) === posted
  }

  /** Those that take a place, in the order in which they were given. */
  placed(): Posted[] {
    return this.#byCell.filter((posted) => posted !== undefined).sort((a, b) => a.sequence - b.sequence)
  }

  /** Those that take a place first. */
  all(): Posted[] {
    return [...this.placed(), ...this.#aside.values()]
  }

  offer(link: ThreadLink, job: Job, inputs: readonly LiveInput[]): Posted {
    const posted = new Posted(link, job, this.#free.pop() as number, ++this.#sequence, inputs)
    this.#byCell[posted.cell] = posted
    this.#cells.offer(posted)
    return posted
  }

  /** True: it has not begun, and never will. It is to be removed then. */
  withdraw(posted: Posted): boolean {
    return posted.aside === undefined && this.#cells.withdraw(posted)
  }

  isClaimed(posted: Posted): boolean {
    return posted.aside !== undefined || this.#cells.isClaimed(posted)
  }

  /** When it began, if it has. */
  startOf(posted: Posted): number {
    return posted.aside ?? this.#cells.startOf(posted)
  }

  /** Ids of those that have begun, as far as can be seen; each once. */
  newlyClaimed(): number[] {
    const ids: number[] = []
    for (const posted of this.placed()) {
      if (!this.#cells.isClaimed(posted)) break
      if (posted.told) continue
      posted.told = true
      ids.push(posted.job.id)
    }
    return ids
  }

  askAbort(posted: Posted): void {
    if (posted.aside === undefined) this.#cells.askAbort(posted)
  }

  /** It may end by itself when it is asked to, as one does that waits for other tasks. */
  isListening(posted: Posted): boolean {
    return posted.aside !== undefined || this.#cells.hasTakenSignal(posted)
  }

  /** It goes on without a place. */
  stepAside(posted: Posted): void {
    posted.aside = this.#cells.startOf(posted)
    this.#aside.set(asideCell(posted.job.id), posted)
    this.#leaveCell(posted)
  }

  remove(posted: Posted): void {
    if (!this.#aside.delete(asideCell(posted.job.id))) this.#leaveCell(posted)
  }

  #leaveCell({ cell }: Posted): void {
    this.#byCell[cell] = undefined
    this.#free.push(cell)
  }
}
