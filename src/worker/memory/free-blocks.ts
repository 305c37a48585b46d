import type { Block } from './block.js'

/** Blocks that serve nobody, by size; each size gives the one that was used last, which is warm. */
export class FreeBlocks {
  readonly #bySize = new Map<number, Block[]>()
  nbytes = 0

  put(block: Block): void {
    this.nbytes += block.nbytes
    const blocks = this.#bySize.get(block.nbytes)
    if (blocks === undefined) this.#bySize.set(block.nbytes, [block])
    else blocks.push(block)
  }

  take(size: number): Block | undefined {
    const block = this.#bySize.get(size)?.pop()
    if (block === undefined) return undefined
    if (this.#bySize.get(size)?.length === 0) this.#bySize.delete(size)
    this.nbytes -= block.nbytes
    return block
  }

  /** Drops blocks, those of the size that was first here first, until no more than that is left; gives the bytes. */
  shrinkTo(nbytes: number): number {
    const before = this.nbytes
    for (const [size, blocks] of this.#bySize) {
      while (this.nbytes > nbytes && blocks.length > 0) {
        this.nbytes -= size
        blocks.shift()
      }
      if (blocks.length === 0) this.#bySize.delete(size)
      if (this.nbytes <= nbytes) break
    }
    return before - this.nbytes
  }
}
