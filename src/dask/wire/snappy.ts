import { DecodeError } from '../../errors.js'

/** No snappy block expands further. */
const RATIO_MAX = 64
const LENGTH_BYTES_MAX = 5

/** The size as a varint, then runs of literals and copies of what was before. @throws DecodeError. */
export function unpackSnappy(source: Uint8Array): Uint8Array {
  return new SnappyBlock(source).unpack()
}

class SnappyBlock {
  readonly #source: Uint8Array
  #in = 0
  #out = 0
  #target = new Uint8Array()

  constructor(source: Uint8Array) {
    this.#source = source
  }

  unpack(): Uint8Array {
    const size = this.#varint()
    if (size > RATIO_MAX * this.#source.byteLength) throw damaged()
    this.#target = new Uint8Array(size)
    while (this.#in < this.#source.byteLength) this.#element(this.#byte())
    if (this.#out !== size) throw damaged()
    return this.#target
  }

  /** The two low bits of a tag say what it is. */
  #element(tag: number): void {
    const high = tag >> 2
    switch (tag & 3) {
      case 0:
        // From 60 on the length stands in one to four bytes behind the tag.
        return this.#literals(1 + (high < 60 ? high : this.#number(high - 59)))
      case 1:
        return this.#copy(4 + (high & 7), ((high >> 3) << 8) | this.#byte())
      default:
        return this.#copy(1 + high, this.#number((tag & 3) === 2 ? 2 : 4))
    }
  }

  #literals(length: number): void {
    const end = this.#in + length
    if (end > this.#source.byteLength || this.#out + length > this.#target.byteLength) throw damaged()
    this.#target.set(this.#source.subarray(this.#in, end), this.#out)
    this.#in = end
    this.#out += length
  }

  #copy(length: number, offset: number): void {
    const target = this.#target
    const from = this.#out - offset
    if (offset === 0 || from < 0 || this.#out + length > target.byteLength) throw damaged()
    if (offset >= length) target.copyWithin(this.#out, from, from + length)
    else for (let i = 0; i < length; i++) target[this.#out + i] = target[from + i] as number
    this.#out += length
  }

  #varint(): number {
    let value = 0
    for (let i = 0; i < LENGTH_BYTES_MAX; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw damaged()
  }

  #number(nbytes: number): number {
    let value = 0
    for (let i = 0; i < nbytes; i++) value += this.#byte() * 2 ** (8 * i)
    return value
  }

  #byte(): number {
    const byte = this.#source[this.#in++]
    if (byte === undefined) throw damaged()
    return byte
  }
}

function damaged(): DecodeError {
  return new DecodeError('a frame is no snappy block')
}
