/**
 * What a block is for at the moment.
 *
 *   loose    allocated or just made; nobody has owned it yet, so that it may have been dropped without a word
 *   owned    has owners
 *   pinned   has none any more, but user code may still have views of it
 *   free     serves nobody
 *   lent     is with a thread, for its next result
 */
export type Place = 'loose' | 'owned' | 'pinned' | 'free' | 'lent'

/** One piece of shared memory, as the arena knows it. */
export class Block {
  place: Place = 'loose'
  /** Who holds an `Encoded` that lies in it. */
  owners = 0
  /** Wrappers in executor threads that code there may have views of. It serves nothing else before all are gone. */
  views = 0
  /** Nobody will say when the last view is gone: it is left to the collector. */
  viewedForGood = false

  constructor(
    readonly id: number,
    readonly memory: SharedArrayBuffer,
  ) {}

  get nbytes(): number {
    return this.memory.byteLength
  }
}
