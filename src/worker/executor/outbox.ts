/**
 * Small results on their way from a thread to main: a ring in shared memory. A result that is written is there for
 * main at once, however long the thread's next task runs, and a wake-up message is sent only if none is under way: a
 * busy main finds many results at one awakening.
 *
 *   control   bell (a wake-up is under way) · read · written          Int32, positions in units of 8 bytes
 *   entry     id · code · start · stop · nbytes · type · length       Float64 each, then `length` bytes, padded to 8
 */
const BELL = 0
const READ = 1
const WRITTEN = 2
const CONTROL_BYTES = 64
const HEADER = 7
/** Stands where an entry did not fit before the end of the ring. */
const WRAP = -1

export interface OutboxEntry {
  readonly id: number
  readonly code: number
  readonly start: number
  readonly stop: number
  readonly nbytes: number
  readonly type: number
  /** The bytes given to `put`; a copy when read. */
  readonly bytes: Uint8Array
}

/** A ring in shared memory through which one thread hands small results to the main thread. */
export class Outbox {
  readonly #control: Int32Array
  readonly #numbers: Float64Array
  readonly #bytes: Uint8Array

  constructor(readonly memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4)
    this.#numbers = new Float64Array(memory, CONTROL_BYTES)
    this.#bytes = new Uint8Array(memory, CONTROL_BYTES)
  }

  static of(nbytes: number): Outbox {
    return new Outbox(new SharedArrayBuffer(CONTROL_BYTES + nbytes))
  }

  /** False when there is no room. One thread writes. */
  put(entry: OutboxEntry): boolean {
    const length = entry.bytes.byteLength
    const at = this.#reserve(HEADER + Math.ceil(length / 8))
    if (at === undefined) return false
    const numbers = this.#numbers
    numbers[at] = entry.id
    numbers[at + 1] = entry.code
    numbers[at + 2] = entry.start
    numbers[at + 3] = entry.stop
    numbers[at + 4] = entry.nbytes
    numbers[at + 5] = entry.type
    numbers[at + 6] = length
    this.#bytes.set(entry.bytes, (at + HEADER) * 8)
    Atomics.store(this.#control, WRITTEN, at + HEADER + Math.ceil(length / 8))
    return true
  }

  /** True: the other side sleeps and has to be woken by a message, in whose handler it calls `answer`. */
  ring(): boolean {
    return Atomics.exchange(this.#control, BELL, 1) === 0
  }

  answer(): void {
    Atomics.store(this.#control, BELL, 0)
  }

  /** Takes out all that is there. The other side reads. */
  drain(take: (entry: OutboxEntry) => void): void {
    const written = Atomics.load(this.#control, WRITTEN)
    let at = Atomics.load(this.#control, READ)
    while (at !== written) {
      if (at === this.#numbers.length || this.#numbers[at] === WRAP) at = 0
      else {
        const entry = this.#read(at)
        at += HEADER + Math.ceil(entry.bytes.byteLength / 8)
        Atomics.store(this.#control, READ, at)
        take(entry)
      }
    }
    Atomics.store(this.#control, READ, at)
  }

  #read(at: number): OutboxEntry {
    const numbers = this.#numbers
    const from = (at + HEADER) * 8
    return {
      id: numbers[at] as number,
      code: numbers[at + 1] as number,
      start: numbers[at + 2] as number,
      stop: numbers[at + 3] as number,
      nbytes: numbers[at + 4] as number,
      type: numbers[at + 5] as number,
      bytes: this.#bytes.slice(from, from + (numbers[at + 6] as number)),
    }
  }

  /** Where an entry of that many units can be written. It never fills up wholly: then full would look like empty. */
  #reserve(units: number): number | undefined {
    const read = Atomics.load(this.#control, READ)
    const written = Atomics.load(this.#control, WRITTEN)
    if (written < read) return written + units < read ? written : undefined
    if (written + units <= this.#numbers.length) return written
    if (units >= read) return undefined
    if (written < this.#numbers.length) this.#numbers[written] = WRAP
    return 0
  }
}
