import { inflateSync } from 'node:zlib'
import { DecodeError } from '../../errors.js'

/** No zlib stream expands further. */
const ZLIB_RATIO_MAX = 1032
/** Nor does an LZ4 block. */
const LZ4_RATIO_MAX = 255

/**
 * The frame as it was before its sender compressed it. A scheduler passes frames on as they are, so they may come
 * compressed although we never agreed to that.
 * @throws DecodeError for a kind that we cannot open (snappy, zstd), and for damaged frames.
 */
export function decompress(kind: unknown, frame: Uint8Array): Uint8Array {
  if (kind === null || kind === undefined) return frame
  if (kind === 'zlib') return inflate(frame)
  if (kind === 'lz4') return unpackLz4(frame)
  throw new DecodeError(
    `a frame is compressed with ${String(kind)}, which cannot be read here: set distributed.comm.compression to lz4 or zlib`,
  )
}

function inflate(frame: Uint8Array): Uint8Array {
  try {
    return inflateSync(frame, { maxOutputLength: 1024 + ZLIB_RATIO_MAX * frame.byteLength })
  } catch (error) {
    throw new DecodeError('a frame is no zlib stream', { cause: error })
  }
}

/** Four bytes of size, little endian, then one LZ4 block: runs of literals, each followed by a copy of what was before. */
function unpackLz4(source: Uint8Array): Uint8Array {
  if (source.byteLength < 5) throw damaged()
  const size = new DataView(source.buffer, source.byteOffset).getUint32(0, true)
  if (size > LZ4_RATIO_MAX * source.byteLength) throw damaged()
  return new Lz4Block(source, new Uint8Array(size)).unpack()
}

class Lz4Block {
  #in = 4
  #out = 0

  constructor(
    readonly source: Uint8Array,
    readonly target: Uint8Array,
  ) {}

  unpack(): Uint8Array {
    const { source, target } = this
    while (this.#in < source.byteLength) {
      const token = source[this.#in++] as number
      this.#literals(this.#length(token >> 4))
      if (this.#in < source.byteLength) this.#copy(this.#length(token & 15))
    }
    if (this.#out !== target.byteLength) throw damaged()
    return target
  }

  /** 15 goes on in the bytes that follow, up to and including the first that is not 255. */
  #length(nibble: number): number {
    let length = nibble
    if (nibble < 15) return length
    for (;;) {
      const more = this.source[this.#in++]
      if (more === undefined) throw damaged()
      length += more
      if (more !== 255) return length
    }
  }

  #literals(length: number): void {
    const end = this.#in + length
    if (end > this.source.byteLength || this.#out + length > this.target.byteLength) throw damaged()
    this.target.set(this.source.subarray(this.#in, end), this.#out)
    this.#in = end
    this.#out += length
  }

  #copy(beyondFour: number): void {
    const { source, target } = this
    const offset = (source[this.#in] as number) | ((source[this.#in + 1] ?? 0) << 8)
    const length = beyondFour + 4
    this.#in += 2
    if (offset === 0 || offset > this.#out || this.#out + length > target.byteLength) throw damaged()
    if (offset >= length) target.copyWithin(this.#out, this.#out - offset, this.#out - offset + length)
    else for (let i = 0; i < length; i++) target[this.#out + i] = target[this.#out + i - offset] as number
    this.#out += length
  }
}

function damaged(): DecodeError {
  return new DecodeError('a frame is no LZ4 block')
}
