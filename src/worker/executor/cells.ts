/**
 * One word per posted job in memory that the worker's main thread and an executor thread share. Both sides change it
 * by compareExchange, so a job is either begun by the thread or taken back by main, never both.
 *
 *   word   sequence number << 4 | abort asked << 3 | signal taken << 2 | state
 *
 * The sequence number makes a reused cell another one: a thread that still has the old job in its queue cannot claim
 * the new one by mistake.
 */
const OFFERED = 1
const CLAIMED = 2
const STATE = 3
const SIGNAL_TAKEN = 4
const ABORT_ASKED = 8
const SEQUENCES = 2 ** 27

const WORDS = 4
const BYTES_PER_CELL = WORDS + 8

/** Which cell a job has, and which life of it. */
export interface CellRef {
  readonly cell: number
  readonly sequence: number
}

/** The cells of all jobs of an executor, in shared memory: whether each is offered, claimed, withdrawn or done. */
export class Cells {
  readonly #words: Int32Array
  /** When the job began, as of `now()`. */
  readonly #starts: Float64Array

  constructor(readonly memory: SharedArrayBuffer) {
    const count = memory.byteLength / BYTES_PER_CELL
    this.#starts = new Float64Array(memory, 0, count)
    this.#words = new Int32Array(memory, count * 8, count)
  }

  static of(count: number): Cells {
    return new Cells(new SharedArrayBuffer(count * BYTES_PER_CELL))
  }

  get count(): number {
    return this.#words.length
  }

  offer({ cell, sequence }: CellRef): void {
    Atomics.store(this.#words, cell, word(sequence) | OFFERED)
  }

  /** The thread begins the job, if it still may. */
  claim({ cell, sequence }: CellRef, start: number): boolean {
    this.#starts[cell] = start
    const offered = word(sequence) | OFFERED
    return Atomics.compareExchange(this.#words, cell, offered, word(sequence) | CLAIMED) === offered
  }

  /** Main takes the job back, if it has not begun. */
  withdraw({ cell, sequence }: CellRef): boolean {
    const offered = word(sequence) | OFFERED
    return Atomics.compareExchange(this.#words, cell, offered, word(sequence)) === offered
  }

  isClaimed({ cell }: CellRef): boolean {
    return (Atomics.load(this.#words, cell) & STATE) === CLAIMED
  }

  /** When a claimed job began. */
  startOf({ cell }: CellRef): number {
    return this.#starts[cell] as number
  }

  takeSignal({ cell }: CellRef): void {
    Atomics.or(this.#words, cell, SIGNAL_TAKEN)
  }

  hasTakenSignal({ cell }: CellRef): boolean {
    return (Atomics.load(this.#words, cell) & SIGNAL_TAKEN) !== 0
  }

  /** Seen by the thread even while it is busy, if the task looks at its signal. */
  askAbort({ cell }: CellRef): void {
    Atomics.or(this.#words, cell, ABORT_ASKED)
  }

  isAbortAsked({ cell }: CellRef): boolean {
    return (Atomics.load(this.#words, cell) & ABORT_ASKED) !== 0
  }
}

/** What stands in the place of a cell for a job that has left its own. Below -1, which ends a round of a ring. */
export function asideCell(id: number): number {
  return -2 - id
}

/** The other way round. */
export function idAside(cell: number): number {
  return -2 - cell
}

function word(sequence: number): number {
  return (sequence % SEQUENCES) << 4
}
