import { DecodeError } from '../../errors.js'

/** No LZ4 block expands further. */
const LZ4_RATIO_MAX = 255

/**
 * Four bytes of size, little endian, then one LZ4 block: runs of literals, each followed by a copy of what was before.
 * @throws DecodeError.
 */
export function unpackLz4(source: Uint8Array): Uint8Array {
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
      if (this.#in < source.byteLength) this.#copy(this.#offset(), token & 15)
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

  #offset(): number {
    const low = this.source[this.#in++] as number
    return low | ((this.source[this.#in++] ?? 0) << 8)
  }

  /** What is left of the length stands behind the offset. */
  #copy(offset: number, nibble: number): void {
    const { target } = this
    const length = 4 + this.#length(nibble)
    if (offset === 0 || offset > this.#out || this.#out + length > target.byteLength) throw damaged()
    if (offset >= length) target.copyWithin(this.#out, this.#out - offset, this.#out - offset + length)
    else for (let i = 0; i < length; i++) target[this.#out + i] = target[this.#out + i - offset] as number
    this.#out += length
  }
}

function damaged(): DecodeError {
  return new DecodeError('a frame is no LZ4 block')
}
