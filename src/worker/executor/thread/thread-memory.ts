import { collectGarbage } from '../../memory/collect.js'
import { freshMemory } from '../../memory/fresh.js'
import { blockSizeFor } from '../../memory/size-class.js'
import type { PostedBuffer } from '../thread-messages.js'

/** Memory that user code has asked for, and may have dropped again, before the thread collects. */
const SLACK_BYTES = 128 * 2 ** 20

interface Loan {
  readonly id: number
  readonly memory: SharedArrayBuffer
}

/**
 * Shared memory as this thread sees it. Main gives every block that it shows or lends a number; this thread numbers
 * what it makes and shows to user code itself, downwards from -1. When the collector has found a block gone, main is
 * told its number.
 */
export class ThreadMemory {
  readonly #ids = new WeakMap<ArrayBufferLike, number>()
  /** Blocks that user code may have views of, from here on. */
  readonly #shown = new WeakSet<ArrayBufferLike>()
  readonly #loans = new Map<number, Loan[]>()
  readonly #registry: FinalizationRegistry<number>
  #ownIds = 0
  #askedFor = 0

  constructor(onGone: (id: number) => void) {
    this.#registry = new FinalizationRegistry(onGone)
  }

  /** An input lies in it. */
  watch(id: number, memory: SharedArrayBuffer): void {
    this.#ids.set(memory, id)
    this.#show(memory, id)
  }

  /** For a result of this thread. */
  takeLoan(id: number, memory: SharedArrayBuffer): void {
    const loans = this.#loans.get(memory.byteLength)
    if (loans === undefined) this.#loans.set(memory.byteLength, [{ id, memory }])
    else loans.push({ id, memory })
  }

  /** Where a large buffer of a result goes: it stays where it is if that is memory of ours that it fills by half. */
  forResult = (nbytes: number, source: Uint8Array): Uint8Array => {
    const { buffer } = source
    if (this.#ids.has(buffer) && source.byteLength === nbytes && nbytes * 2 >= buffer.byteLength) return source
    return new Uint8Array(this.#take(nbytes), 0, nbytes)
  }

  /** Memory for user code to fill: `empty()`. */
  allocate = (nbytes: number): Uint8Array => {
    this.#askedFor += nbytes
    if (this.#askedFor > SLACK_BYTES) this.collect()
    const memory = this.#take(nbytes)
    let id = this.#ids.get(memory)
    if (id === undefined) {
      id = --this.#ownIds
      this.#ids.set(memory, id)
    }
    this.#show(memory, id)
    return new Uint8Array(memory, 0, nbytes)
  }

  collect(): void {
    this.#askedFor = 0
    collectGarbage()
  }

  /** What was lent and not used goes back: the numbers. */
  returnLoans(): number[] {
    const ids = [...this.#loans.values()].flat().map(({ id }) => id)
    this.#loans.clear()
    return ids
  }

  /** How the large buffers of a result are posted. */
  describe(buffers: readonly Uint8Array[]): PostedBuffer[] {
    return buffers.map(({ buffer, byteOffset: from, byteLength: length }) => {
      const memory = buffer as unknown as SharedArrayBuffer
      const id = this.#ids.get(memory) ?? 0
      const posted = { id, from, length, shown: this.#shown.has(memory) }
      return id > 0 ? posted : { ...posted, memory }
    })
  }

  #take(nbytes: number): SharedArrayBuffer {
    const size = blockSizeFor(nbytes)
    const loan = this.#loans.get(size)?.pop()
    if (loan === undefined) return freshMemory(size)
    this.#ids.set(loan.memory, loan.id)
    return loan.memory
  }

  #show(memory: SharedArrayBuffer, id: number): void {
    if (this.#shown.has(memory)) return
    this.#shown.add(memory)
    this.#registry.register(memory, id)
  }
}
