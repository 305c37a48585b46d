/** Entries of one piece, when there is only one. */
const WHOLE_MAX = 16_384
const PIECES = 64
/** The end of a key is where keys differ. */
const HASHED = 12

/**
 * A `Map` by text that may grow to millions. A `Map` is copied as a whole whenever it has doubled, which is a standstill
 * of 30 ms at half a million entries, and more on a heap that is being collected; this one is in pieces then.
 */
export class BigMap<V> {
  #pieces: Map<string, V>[] = [new Map()]

  get size(): number {
    let size = 0
    for (const piece of this.#pieces) size += piece.size
    return size
  }

  has(key: string): boolean {
    return this.#pieceOf(key).has(key)
  }

  get(key: string): V | undefined {
    return this.#pieceOf(key).get(key)
  }

  set(key: string, value: V): void {
    const piece = this.#pieceOf(key)
    piece.set(key, value)
    if (piece.size > WHOLE_MAX && this.#pieces.length === 1) this.#divide(piece)
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    return this.#pieceOf(key).delete(key)
  }

  clear(): void {
    this.#pieces = [new Map()]
  }

  /** In no promised order. */
  *values(): Generator<V> {
    for (const piece of this.#pieces) yield* piece.values()
  }

  #pieceOf(key: string): Map<string, V> {
    const pieces = this.#pieces
    return (pieces.length === 1 ? pieces[0] : pieces[hashOf(key) % PIECES]) as Map<string, V>
  }

  #divide(whole: ReadonlyMap<string, V>): void {
    this.#pieces = Array.from({ length: PIECES }, () => new Map<string, V>())
    for (const [key, value] of whole) this.#pieceOf(key).set(key, value)
  }
}

function hashOf(key: string): number {
  let hash = 0
  for (let i = Math.max(0, key.length - HASHED); i < key.length; i++)
    hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0
  return (hash ^ (hash >>> 15)) >>> 0
}
