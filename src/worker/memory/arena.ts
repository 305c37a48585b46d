import type { Encoded } from '../../values/encoded.js'
import { Block, type Place } from './block.js'
import { collectGarbage } from './collect.js'
import { FreeBlocks } from './free-blocks.js'
import { freshMemory } from './fresh.js'
import { Growth } from './growth.js'
import type { SharedMemory } from './shared-memory.js'
import { blockSizeFor } from './size-class.js'

export interface ArenaOptions {
  /** Free memory that is kept to be used again, bytes. Default 256 MiB; about a fifth of the worker's limit. */
  keepBytes?: number
  /**
   * Memory that nobody owns and that the collector has not given back yet, bytes, before a collection is asked for.
   * Default 128 MiB; about a twentieth of the worker's limit.
   */
  slackBytes?: number
}

/** So much may lie about, whatever the need. */
const FEW_BYTES = 64 * 2 ** 20

/** What threads can do for the arena. */
export interface Collectors {
  /** Every thread is to collect its garbage as soon as it can. */
  collectAll(): void
  /** The same for those that have views of what nobody owns any more; calls `noteCollected`. */
  collectViewers(): void
}

/**
 * The shared memory of one worker (docs/decisions/shared-memory.md). A block goes round: allocated or made by a thread,
 * owned, free, used again. One that was shown to user code becomes free when the last thread says that its views are
 * gone.
 */
export class Arena implements SharedMemory {
  /** The executors whose threads use it. */
  readonly collectors = new Set<Collectors>()
  readonly #keepBytes: number
  readonly #slackBytes: number
  readonly #blocks = new WeakMap<ArrayBufferLike, Block>()
  readonly #free = new FreeBlocks()
  readonly #bytes: Record<Place, number> = { loose: 0, owned: 0, pinned: 0, free: 0, lent: 0 }
  #ids = 0
  /** The most that had owners at once: more than a few times that can hardly be used again. */
  #mostBytes = 0
  /** Given up since the last collection. */
  #dropped = 0
  readonly #looseGrowth: Growth
  readonly #pinnedGrowth: Growth

  constructor({ keepBytes = 256 * 2 ** 20, slackBytes = 128 * 2 ** 20 }: ArenaOptions = {}) {
    this.#keepBytes = keepBytes
    this.#slackBytes = slackBytes
    this.#looseGrowth = new Growth(slackBytes)
    this.#pinnedGrowth = new Growth(slackBytes)
  }

  get freeBytes(): number {
    return this.#free.nbytes + this.#bytes.lent + this.#dropped
  }

  get ownedBytes(): number {
    return this.#bytes.owned
  }

  /** Bytes that hold something, or may. */
  get usedBytes(): number {
    return this.#bytes.loose + this.#bytes.owned + this.#bytes.pinned
  }

  /** Bytes without owners that tasks may still have views of. */
  get pinnedBytes(): number {
    return this.#bytes.pinned
  }

  allocate(nbytes: number): Uint8Array {
    const size = blockSizeFor(nbytes)
    const block = this.#free.take(size) ?? this.#register(freshMemory(size))
    this.#toLoose(block)
    return new Uint8Array(block.memory, 0, nbytes)
  }

  retain(encoded: Encoded): void {
    for (const { buffer } of encoded.buffers) {
      const block = this.#blocks.get(buffer)
      if (block === undefined) continue
      if (block.owners++ === 0) this.#move(block, 'owned')
    }
  }

  release(encoded: Encoded): void {
    for (const { buffer } of encoded.buffers) {
      const block = this.#blocks.get(buffer)
      if (block === undefined || block.owners === 0) continue
      if (--block.owners === 0) this.#toUnowned(block)
    }
  }

  discard(encoded: Encoded): void {
    this.retain(encoded)
    this.release(encoded)
  }

  markViewed(encoded: Encoded): void {
    for (const { buffer } of encoded.buffers) {
      const block = this.#blocks.get(buffer)
      if (block !== undefined) block.viewedForGood = true
    }
  }

  /** Of the memory that serves nobody, no more than that is kept from now on; the rest goes back to the system. */
  trim(nbytes: number): void {
    if (this.#free.nbytes > nbytes) this.#shrinkFree(nbytes)
  }

  /** All that serves nobody goes back to the system, at the price of a collection in every thread. */
  giveBack(): void {
    this.#free.shrinkTo(0)
    this.#collectAll()
  }

  /** False: it lies in this memory, and nobody owns it. */
  isOwned(encoded: Encoded): boolean {
    return encoded.buffers.every(({ buffer }) => this.#blocks.get(buffer)?.place !== 'pinned')
  }

  /** The block that these bytes lie in; undefined: they are not of this arena. */
  blockOf(bytes: Uint8Array): Block | undefined {
    return this.#blocks.get(bytes.buffer)
  }

  /** Takes in what a thread has made. */
  adopt(memory: SharedArrayBuffer): Block {
    const known = this.#blocks.get(memory)
    if (known !== undefined) return known
    const block = this.#register(memory)
    this.#toLoose(block)
    return block
  }

  /** A thread will hold a wrapper that user code may see. */
  addView(block: Block): void {
    block.views++
  }

  /** The thread's collector has found it gone, or the thread is. */
  removeView(block: Block): void {
    if (--block.views === 0 && block.place === 'pinned') this.#toUnowned(block)
  }

  /** A free block of this very size, for a thread's next result. */
  lend(size: number): Block | undefined {
    const block = this.#free.take(size)
    if (block !== undefined) this.#move(block, 'lent')
    return block
  }

  /** The thread has made a result in it: it is like every other. */
  endLoan(block: Block): void {
    this.#toLoose(block)
  }

  /** The thread is gone without having used it. */
  returnLent(block: Block): void {
    this.#toUnowned(block)
  }

  /** Threads have collected: what is still pinned is in use. */
  noteCollected(): void {
    this.#pinnedGrowth.restart(this.#bytes.pinned)
  }

  #register(memory: SharedArrayBuffer): Block {
    const block = new Block(++this.#ids, memory)
    this.#bytes.loose += block.nbytes
    this.#blocks.set(memory, block)
    return block
  }

  #move(block: Block, to: Place): void {
    this.#bytes[block.place] -= block.nbytes
    this.#bytes[to] += block.nbytes
    block.place = to
    if (this.#bytes.owned > this.#mostBytes) this.#mostBytes = this.#bytes.owned
    this.#looseGrowth.note(this.#bytes.loose)
    this.#pinnedGrowth.note(this.#bytes.pinned)
  }

  #toLoose(block: Block): void {
    if (this.#looseGrowth.isMuch(this.#bytes.loose)) this.#collectAll()
    this.#move(block, 'loose')
  }

  /** The last owner has gone, or the last view after it. */
  #toUnowned(block: Block): void {
    if (block.viewedForGood || (block.views === 0 && block.nbytes > this.#keepBytes)) this.#drop(block)
    else if (block.views > 0) {
      this.#move(block, 'pinned')
      if (this.#pinnedGrowth.isMuch(this.#bytes.pinned))
        for (const { collectViewers } of this.collectors) collectViewers()
    } else {
      this.#move(block, 'free')
      this.#free.put(block)
      const keep = this.#useful(this.#keepBytes)
      if (this.#free.nbytes > keep) this.#shrinkFree(keep)
    }
  }

  #useful(nbytes: number): number {
    return Math.min(nbytes, Math.max(FEW_BYTES, 4 * this.#mostBytes))
  }

  #shrinkFree(nbytes: number): void {
    this.#noteDropped(this.#free.shrinkTo(nbytes))
  }

  #drop(block: Block): void {
    this.#bytes[block.place] -= block.nbytes
    this.#blocks.delete(block.memory)
    this.#noteDropped(block.nbytes)
  }

  #noteDropped(nbytes: number): void {
    this.#dropped += nbytes
    if (this.#dropped > this.#useful(this.#slackBytes)) this.#collectAll()
  }

  #collectAll(): void {
    this.#dropped = 0
    collectGarbage()
    this.#looseGrowth.restart(this.#bytes.loose)
    for (const { collectAll } of this.collectors) collectAll()
  }
}
