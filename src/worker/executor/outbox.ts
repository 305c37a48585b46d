import { Ring, unitsOf } from './ring.js'

/** `cell · code · start · stop · nbytes · type · length`, then the bytes. */
const HEADER = 7

/** A small result. */
export interface OutboxEntry {
  readonly cell: number
  readonly code: number
  readonly start: number
  readonly stop: number
  readonly nbytes: number
  readonly type: number
  /** The bytes given to `put`; a copy when read. */
  readonly bytes: Uint8Array
}

/** Small results on their way from a thread to main: a busy main finds many of them at one awakening. */
export class Outbox {
  readonly #ring: Ring

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory)
  }

  static of(nbytes: number): Outbox {
    return new Outbox(Ring.of(nbytes).memory)
  }

  get memory(): SharedArrayBuffer {
    return this.#ring.memory
  }

  /** False when there is no room. */
  put(entry: OutboxEntry): boolean {
    const ring = this.#ring
    const { byteLength: length } = entry.bytes
    const units = HEADER + unitsOf(length)
    const at = ring.reserve(units)
    if (at === undefined) return false
    const { numbers, bytes } = ring
    numbers[at] = entry.cell
    numbers[at + 1] = entry.code
    numbers[at + 2] = entry.start
    numbers[at + 3] = entry.stop
    numbers[at + 4] = entry.nbytes
    numbers[at + 5] = entry.type
    numbers[at + 6] = length
    bytes.set(entry.bytes, (at + HEADER) * 8)
    ring.commit(at + units)
    return true
  }

  /** True: main sleeps and has to be woken by a message, in whose handler it calls `answer`. */
  ring(): boolean {
    return this.#ring.ring()
  }

  /** Main comes soon without being woken. */
  get isAnnounced(): boolean {
    return this.#ring.isAnnounced
  }

  announce(comes: boolean): void {
    this.#ring.announce(comes)
  }

  answer(): void {
    this.#ring.answer()
  }

  /** Takes out all that is there. */
  drain(take: (entry: OutboxEntry) => void): void {
    for (let at = this.#ring.next(); at !== undefined; at = this.#ring.next()) take(this.#read(at))
  }

  #read(at: number): OutboxEntry {
    const { numbers } = this.#ring
    const length = numbers[at + 6] as number
    const entry = {
      cell: numbers[at] as number,
      code: numbers[at + 1] as number,
      start: numbers[at + 2] as number,
      stop: numbers[at + 3] as number,
      nbytes: numbers[at + 4] as number,
      type: numbers[at + 5] as number,
      bytes: this.#ring.copy((at + HEADER) * 8, length),
    }
    this.#ring.release(at + HEADER + unitsOf(length))
    return entry
  }
}
