/**
 * Entries on their way from one thread to another, in shared memory. What is written is there for the other side at
 * once, however long that is busy, and it need be woken only if it sleeps.
 *
 *   control   bell (awake, or about to be) · read · written · announced     Int32, positions in units of 8 bytes
 *   entries   numbers (the first not negative), then bytes, padded to 8
 */
const BELL = 0
const READ = 1
const WRITTEN = 2
const ANNOUNCED = 3
const CONTROL_BYTES = 64
/** Stands where an entry did not fit before the end of the ring. */
const WRAP = -1

/** See above. One thread writes, one reads. */
export class Ring {
  /** The entries as numbers; a position is an index in here. */
  readonly numbers: Float64Array
  /** The same memory: position times 8. */
  readonly bytes: Buffer
  readonly #control: Int32Array

  constructor(readonly memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4)
    this.numbers = new Float64Array(memory, CONTROL_BYTES)
    this.bytes = Buffer.from(memory as unknown as ArrayBuffer, CONTROL_BYTES)
  }

  static of(nbytes: number): Ring {
    return new Ring(new SharedArrayBuffer(CONTROL_BYTES + nbytes))
  }

  /** How much can be written, in units; less where it would have to go round the end. */
  get room(): number {
    const used = Atomics.load(this.#control, WRITTEN) - Atomics.load(this.#control, READ)
    return (used < 0 ? 0 : this.numbers.length) - used - 1
  }

  /** Where an entry of at most that many units can be written. It never fills up wholly: then full would look like empty. */
  reserve(units: number): number | undefined {
    const read = Atomics.load(this.#control, READ)
    const written = Atomics.load(this.#control, WRITTEN)
    if (written < read) return written + units < read ? written : undefined
    if (written + units <= this.numbers.length) return written
    if (units >= read) return undefined
    if (written < this.numbers.length) this.numbers[written] = WRAP
    return 0
  }

  /** The entry that was written into what was reserved ends there. */
  commit(end: number): void {
    Atomics.store(this.#control, WRITTEN, end)
  }

  /** Where the next entry to be read begins; undefined: there is none. */
  next(): number | undefined {
    const at = Atomics.load(this.#control, READ)
    if (at === Atomics.load(this.#control, WRITTEN)) return undefined
    return at === this.numbers.length || this.numbers[at] === WRAP ? 0 : at
  }

  /** What was read, up to there, may be written over. */
  release(end: number): void {
    Atomics.store(this.#control, READ, end)
  }

  /** True: the other side sleeps and has to be woken by a message. */
  ring(): boolean {
    return Atomics.exchange(this.#control, BELL, 1) === 0
  }

  /** The reader is about to look; or to sleep, and looks once more. */
  answer(): void {
    Atomics.store(this.#control, BELL, 0)
  }

  /** The reader comes soon by itself. */
  get isAnnounced(): boolean {
    return Atomics.load(this.#control, ANNOUNCED) === 1
  }

  /** What is written after the reader has taken this back is not to wait for it. */
  announce(comes: boolean): void {
    Atomics.store(this.#control, ANNOUNCED, comes ? 1 : 0)
  }

  /** A copy of bytes of an entry. */
  copy(from: number, length: number): Uint8Array {
    const { bytes } = this
    if (length > 64) return new Uint8Array(bytes.subarray(from, from + length))
    // Small ones lie within their object; `slice` would make memory of their own.
    const copy = new Uint8Array(length)
    for (let i = 0; i < length; i++) copy[i] = bytes[from + i] as number
    return copy
  }
}

/** The units that so many bytes take. */
export function unitsOf(nbytes: number): number {
  return (nbytes + 7) >>> 3
}
