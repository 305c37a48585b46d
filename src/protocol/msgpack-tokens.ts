const HIGH = 2 ** 32
const START_BYTES = 8192
/** Memory that one unusually large message needed is not kept. */
const KEPT_BYTES = 256 * 1024

/** Msgpack's tokens, written one after the other into memory that grows. What values they make up is the writer's affair. */
export class MsgpackTokens {
  #bytes = Buffer.allocUnsafeSlow(START_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  /** Bytes written since the last `takeBytes`. */
  get nbytes(): number {
    return this.#at
  }

  /** A copy of what was written, of no larger memory than needed unless it is small; this is empty then. */
  protected takeBytes(): Uint8Array {
    // An ArrayBuffer of its own would cost five times as much as its content.
    const { buffer, byteOffset } = Buffer.allocUnsafe(this.#at)
    const bytes = new Uint8Array(buffer, byteOffset, this.#at)
    this.#bytes.copy(bytes, 0, 0, this.#at)
    this.#at = 0
    if (this.#bytes.byteLength > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(START_BYTES))
    return bytes
  }

  /** Forgets what was written behind that position. */
  protected backTo(position: number): void {
    this.#at = position
  }

  protected byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
  }

  /** Most texts are short names in ASCII; false: this is none, and nothing was written. */
  protected ascii(text: string): boolean {
    const { length } = text
    if (length > 127) return false
    this.#reserve(length + 2)
    const bytes = this.#bytes
    let at = this.#at
    if (length < 32) bytes[at++] = 0xa0 | length
    else {
      bytes[at++] = 0xd9
      bytes[at++] = length
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.#at = at
    return true
  }

  /** Halves of surrogate pairs are lost. */
  protected utf8(text: string): void {
    const nbytes = Buffer.byteLength(text)
    this.#lengthOf(nbytes, nbytes < 32 ? 0xa0 : 0, 0xd9)
    this.#reserve(nbytes)
    this.#bytes.write(text, this.#at, nbytes, 'utf8')
    this.#at += nbytes
  }

  /** The text's units as they are, without a header. */
  protected utf16(text: string): void {
    this.#reserve(2 * text.length)
    this.#at += this.#bytes.write(text, this.#at, 'utf16le')
  }

  protected binary(bytes: Uint8Array): void {
    this.#lengthOf(bytes.byteLength, 0, 0xc4)
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.byteLength
  }

  protected number(value: number): void {
    this.#reserve(9)
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value)
    else if (value >= 0) this.#unsigned(value)
    else this.#negative(value)
  }

  protected bigint(value: bigint): void {
    this.#reserve(9)
    const signed = BigInt.asIntN(64, value) === value
    if (signed) this.#view.setBigInt64(this.#at + 1, value)
    else if (BigInt.asUintN(64, value) === value) this.#view.setBigUint64(this.#at + 1, value)
    else throw new TypeError('a bigint of more than 64 bits cannot be part of a message')
    this.#bytes[this.#at] = signed ? 0xd3 : 0xcf
    this.#at += 9
  }

  protected arrayHeader(length: number): void {
    this.#header(length, 0x90, 0xdc)
  }

  protected mapHeader(size: number): void {
    this.#header(size, 0x80, 0xde)
  }

  /** The map header that stands at `start` was written for more fields than there were. */
  protected patchMapHeader(start: number, size: number): void {
    const token = this.#bytes[start] as number
    if (token < 0x90) this.#bytes[start] = 0x80 | size
    else if (token === 0xde) this.#view.setUint16(start + 1, size)
    else this.#view.setUint32(start + 1, size)
  }

  /** Room for the header of an array whose length is not known yet: 5 bytes, filled by `patchLongArray`. */
  protected longArray(): void {
    this.#reserve(5)
    this.#bytes[this.#at] = 0xdd
    this.#at += 5
  }

  protected patchLongArray(start: number, length: number): void {
    this.#view.setUint32(start + 1, length)
  }

  /** Room for the header of an extension; gives its position. */
  protected startExtension(): number {
    this.#reserve(6)
    const start = this.#at
    this.#at += 6
    return start
  }

  protected endExtension(start: number, type: number): void {
    this.#bytes[start] = 0xc9
    this.#view.setUint32(start + 1, this.#at - start - 6)
    this.#bytes[start + 5] = type
  }

  #float(value: number): void {
    this.#bytes[this.#at] = 0xcb
    this.#view.setFloat64(this.#at + 1, value)
    this.#at += 9
  }

  #unsigned(value: number): void {
    const bytes = this.#bytes
    if (value < 0x80) bytes[this.#at++] = value
    else if (value < 0x100) {
      bytes[this.#at++] = 0xcc
      bytes[this.#at++] = value
    } else if (value < 0x10000) {
      bytes[this.#at++] = 0xcd
      bytes[this.#at++] = value >> 8
      bytes[this.#at++] = value & 0xff
    } else if (value < HIGH) {
      bytes[this.#at] = 0xce
      this.#view.setUint32(this.#at + 1, value)
      this.#at += 5
    } else this.#int64(value)
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#bytes[this.#at++] = value & 0xff
    else if (value >= -0x80000000) {
      this.#bytes[this.#at] = 0xd2
      this.#view.setInt32(this.#at + 1, value)
      this.#at += 5
    } else this.#int64(value)
  }

  /** Signed, which every reader takes as an integer. */
  #int64(value: number): void {
    this.#bytes[this.#at] = 0xd3
    this.#view.setInt32(this.#at + 1, Math.floor(value / HIGH))
    this.#view.setUint32(this.#at + 5, value >>> 0)
    this.#at += 9
  }

  /** `wide` is the token of the 16-bit form, `wide + 1` that of the 32-bit one. */
  #header(length: number, fix: number, wide: number): void {
    this.#reserve(5)
    if (length < 16) this.#bytes[this.#at++] = fix | length
    else if (length < 0x10000) {
      this.#bytes[this.#at] = wide
      this.#view.setUint16(this.#at + 1, length)
      this.#at += 3
    } else {
      this.#bytes[this.#at] = wide + 1
      this.#view.setUint32(this.#at + 1, length)
      this.#at += 5
    }
  }

  /** Header of a string (with `fix`) or of bytes; `token` is that of the 8-bit form, the two after it are wider. */
  #lengthOf(nbytes: number, fix: number, token: number): void {
    this.#reserve(5)
    if (fix !== 0) this.#bytes[this.#at++] = fix | nbytes
    else if (nbytes < 0x100) {
      this.#bytes[this.#at++] = token
      this.#bytes[this.#at++] = nbytes
    } else if (nbytes < 0x10000) {
      this.#bytes[this.#at] = token + 1
      this.#view.setUint16(this.#at + 1, nbytes)
      this.#at += 3
    } else {
      this.#bytes[this.#at] = token + 2
      this.#view.setUint32(this.#at + 1, nbytes)
      this.#at += 5
    }
  }

  #reserve(nbytes: number): void {
    if (this.#at + nbytes <= this.#bytes.byteLength) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.byteLength, this.#at + nbytes))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#replace(larger)
  }

  #replace(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}
