import type { Arena } from '../memory/arena.js'
import type { Block } from '../memory/block.js'
import { blockSizeFor } from '../memory/size-class.js'
import type { Outgoing } from './outgoing.js'
import type { PostedBuffer } from './thread-messages.js'

/** Sizes of recent results for which a thread is lent memory. */
const SIZES_KEPT = 8
/** Blocks of one size that are lent at once. */
const LOANS_PER_SIZE = 4
/** For each result: one in place of its own, and one more until there are so many. */
const LOANS_PER_RESULT = 2
/** And bytes of all, beyond the first block. */
const LENT_BYTES = 64 * 2 ** 20

/** Main's account of what one thread sees of the arena, and what it has been lent. */
export class LinkMemory {
  readonly #arena: Arena
  /** By the number that the thread knows it by: how many wrappers it was given. */
  readonly #views = new Map<number, { readonly block: Block; count: number }>()
  readonly #lent = new Map<number, Block>()
  #lentBytes = 0
  /** The least recent first, with how many blocks the thread has earned by its results. */
  readonly #sizes = new Map<number, number>()

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** The thread has views, or may have. */
  get seesAny(): boolean {
    return this.#views.size > 0
  }

  /** These buffers go to the thread with the message in the making. */
  show(buffers: readonly Uint8Array[], outgoing: Outgoing): void {
    for (const buffer of buffers) {
      const block = this.#arena.blockOf(buffer)
      if (block !== undefined && outgoing.watch(block)) this.#addView(block.id, block)
    }
  }

  /** The buffers of a result, in memory that the arena knows. */
  receive(posted: readonly PostedBuffer[]): Uint8Array[] {
    return posted.map((one) => {
      const block = this.#blockOf(one)
      this.#noteSize(block.nbytes)
      return new Uint8Array(block.memory, one.from, one.length)
    })
  }

  /** The thread's collector has found a wrapper gone. */
  gone(id: number): void {
    const lent = this.#takeLent(id)
    if (lent !== undefined) {
      this.#arena.returnLent(lent)
      return
    }
    const view = this.#views.get(id)
    if (view === undefined) return
    if (--view.count === 0) this.#views.delete(id)
    this.#arena.removeView(view.block)
  }

  /** Memory for results of the sizes that the thread has made of late. */
  lend(outgoing: Outgoing): void {
    for (const [size, earned] of this.#sizes) {
      if (earned === 0) continue
      const mine = this.#countLent(size)
      let lent = 0
      while (lent < earned && mine + lent < LOANS_PER_SIZE && this.#lendOne(size, mine + lent === 0, outgoing)) lent++
      this.#sizes.set(size, earned - lent)
    }
  }

  /** The thread is gone, with all its views. */
  close(): void {
    for (const id of [...this.#lent.keys()]) this.#arena.returnLent(this.#takeLent(id) as Block)
    for (const { block, count } of this.#views.values()) for (let i = 0; i < count; i++) this.#arena.removeView(block)
    this.#views.clear()
  }

  #lendOne(size: number, isFirst: boolean, outgoing: Outgoing): boolean {
    if (!isFirst && this.#lentBytes + size > LENT_BYTES) return false
    const block = this.#arena.lend(size)
    if (block === undefined) return false
    this.#lent.set(block.id, block)
    this.#lentBytes += size
    outgoing.lend(block)
    return true
  }

  #blockOf({ id, memory, shown }: PostedBuffer): Block {
    const known = this.#views.get(id)?.block
    if (known !== undefined) return known
    const lent = this.#takeLent(id)
    if (lent !== undefined) this.#arena.endLoan(lent)
    const block = lent ?? this.#arena.adopt(memory as SharedArrayBuffer)
    if (shown) this.#addView(id, block)
    return block
  }

  #takeLent(id: number): Block | undefined {
    const block = this.#lent.get(id)
    if (block === undefined) return undefined
    this.#lent.delete(id)
    this.#lentBytes -= block.nbytes
    return block
  }

  #countLent(size: number): number {
    let count = 0
    for (const block of this.#lent.values()) if (block.nbytes === size) count++
    return count
  }

  #addView(id: number, block: Block): void {
    this.#arena.addView(block)
    const view = this.#views.get(id)
    if (view === undefined) this.#views.set(id, { block, count: 1 })
    else view.count++
  }

  #noteSize(nbytes: number): void {
    const size = blockSizeFor(nbytes)
    const earned = (this.#sizes.get(size) ?? 0) + LOANS_PER_RESULT
    this.#sizes.delete(size)
    this.#sizes.set(size, Math.min(LOANS_PER_SIZE, earned))
    for (const oldest of this.#sizes.keys()) if (this.#sizes.size > SIZES_KEPT) this.#sizes.delete(oldest)
  }
}
