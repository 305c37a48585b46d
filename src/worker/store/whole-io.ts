/** Reads and writes that end when all is done: the system may do less at a time than it is asked for. */
import type { FileHandle } from 'node:fs/promises'

/** The most pieces that one call to the system takes. */
const PIECES_MAX = 1000
/** Linux transfers no more than 2 GiB less a page in one call. */
const BYTES_MAX = 2 ** 30

/** Writes all pieces, one after the other, from where the file stands. @throws what the system says. */
export async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const rest = new Rest(pieces)
  for (let next = rest.next(); next.length > 0; next = rest.next()) {
    const { bytesWritten } = await handle.writev(next)
    rest.done(bytesWritten)
  }
}

/** Fills all pieces, one after the other, from `at` on. @throws also when the file ends before. */
export async function readAll(handle: FileHandle, pieces: readonly Uint8Array[], at: number): Promise<void> {
  const rest = new Rest(pieces)
  for (let next = rest.next(); next.length > 0; next = rest.next()) {
    const { bytesRead } = await handle.readv(next, at + rest.bytes)
    if (bytesRead === 0) throw new Error('the file is shorter than what was written')
    rest.done(bytesRead)
  }
}

/** Pieces of which the first `bytes` bytes are done. */
class Rest {
  bytes = 0
  readonly #pieces: readonly Uint8Array[]
  #index = 0
  #offset = 0

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces
    this.#skipEmpty()
  }

  /** What the next call is to be given; none: all is done. */
  next(): Uint8Array[] {
    const next: Uint8Array[] = []
    let bytes = 0
    for (let i = this.#index; i < this.#pieces.length && next.length < PIECES_MAX && bytes < BYTES_MAX; i++) {
      const from = i === this.#index ? this.#offset : 0
      const piece = this.#pieces[i]!
      next.push(piece.subarray(from, from + BYTES_MAX - bytes))
      bytes += piece.byteLength - from
    }
    return next
  }

  done(bytes: number): void {
    this.bytes += bytes
    this.#offset += bytes
    this.#skipEmpty()
  }

  #skipEmpty(): void {
    for (let piece = this.#pieces[this.#index]; piece !== undefined; piece = this.#pieces[this.#index]) {
      if (this.#offset < piece.byteLength) return
      this.#offset -= piece.byteLength
      this.#index++
    }
  }
}
