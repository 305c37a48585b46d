import type { Allocate } from './comm.js'
import { LARGE_FRAME, ordinaryMemory } from './framing.js'

/** The frames of a message in memory of its receiver, copied in parts. The first one is nobody else's and stays as it is. */
export class FrameCopy {
  readonly frames: Uint8Array[]
  readonly #source: readonly Uint8Array[]
  readonly #allocate: Allocate
  /** Where it goes on. */
  #index = 1
  #at = 0

  constructor(source: readonly Uint8Array[], allocate: Allocate) {
    this.frames = source.slice(0, 1)
    this.#source = source
    this.#allocate = allocate
  }

  get isDone(): boolean {
    return this.#index >= this.#source.length
  }

  /** Copies what is left, but at most so many bytes. Gives how many those were. */
  goOn(nbytes: number): number {
    let left = nbytes
    while (!this.isDone && left > 0) left -= this.#copyPart(left)
    return nbytes - left
  }

  #copyPart(most: number): number {
    const from = this.#source[this.#index] as Uint8Array
    const to = this.#target(from.byteLength)
    const part = from.subarray(this.#at, this.#at + most)
    to.set(part, this.#at)
    this.#at += part.byteLength
    if (this.#at === from.byteLength) {
      this.#index++
      this.#at = 0
    }
    return part.byteLength
  }

  #target(nbytes: number): Uint8Array {
    this.frames[this.#index] ??= nbytes < LARGE_FRAME ? ordinaryMemory(nbytes) : this.#allocate(nbytes)
    return this.frames[this.#index] as Uint8Array
  }
}
