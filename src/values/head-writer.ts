import { ESCAPE, EXTRA } from './format.js'

const HIGH = 2 ** 32
const START_BYTES = 8192
/** Memory that one unusually large value needed is not kept. */
const KEPT_BYTES = 256 * 1024

type Text = string & { isWellFormed(): boolean }

/** Writes the bytes of a head: msgpack for what it knows, `EXTRA` for the rest. */
export class HeadWriter {
  at = 0
  #bytes = Buffer.allocUnsafeSlow(START_BYTES)
  #view = new DataView(this.#bytes.buffer)

  byte(value: number): void {
    if (this.at === this.#bytes.byteLength) this.#reserve(1)
    this.#bytes[this.at++] = value
  }

  /** Changes a byte that was written before. */
  patch(at: number, value: number): void {
    this.#bytes[at] = value
  }

  extra(kind: number): void {
    this.#reserve(2)
    this.#bytes[this.at++] = ESCAPE
    this.#bytes[this.at++] = kind
  }

  varint(value: number): void {
    this.#reserve(8)
    while (value >= 0x80) {
      this.#bytes[this.at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.#bytes[this.at++] = value
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.at, value)
    this.at += 4
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.at)
    this.at += bytes.byteLength
  }

  arrayHeader(length: number): void {
    this.#header(length, 0x90, 0xdc)
  }

  mapHeader(size: number): void {
    this.#header(size, 0x80, 0xde)
  }

  number(value: number): void {
    this.#reserve(9)
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value)
    else if (value >= 0) this.#unsigned(value)
    else this.#negative(value)
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.at, value)
    this.at += 8
  }

  /** Little endian, one after the other. */
  float64s(values: readonly number[]): void {
    const { length } = values
    this.#reserve(8 * length)
    for (let i = 0; i < length; i++) {
      const value = values[i] as number
      this.#view.setFloat64(this.at + 8 * i, Number.isNaN(value) ? Number.NaN : value, true)
    }
    this.at += 8 * length
  }

  text(text: string): void {
    const { length } = text
    if (length < 64 && this.#ascii(text, length)) return
    const nbytes = Buffer.byteLength(text)
    if (nbytes === length || (text as Text).isWellFormed()) this.#utf8(text, nbytes)
    else this.#utf16(text)
  }

  bigint(value: bigint): void {
    const negative = value < 0n
    const digits = (negative ? -value : value).toString(16)
    const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').reverse()
    this.extra(EXTRA.bigint)
    this.varint(2 * magnitude.byteLength + (negative ? 1 : 0))
    this.raw(magnitude)
  }

  /** What was written, as memory of its own; the writer is empty then. */
  take(): Uint8Array {
    const length = this.at
    const bytes = this.#bytes
    this.at = 0
    if (length > KEPT_BYTES) return this.#takeAll(length)
    const head = new Uint8Array(length)
    if (length > 32) head.set(bytes.subarray(0, length))
    else for (let i = 0; i < length; i++) head[i] = bytes[i] as number
    return head
  }

  #takeAll(length: number): Uint8Array {
    const { buffer } = this.#bytes
    this.#replace(Buffer.allocUnsafeSlow(START_BYTES))
    const wasteful = length < 0.75 * buffer.byteLength
    return new Uint8Array(wasteful ? buffer.slice(0, length) : buffer, 0, length)
  }

  /** Most strings are short names; false: it is not ASCII, nothing was written. */
  #ascii(text: string, length: number): boolean {
    this.#reserve(length + 2)
    const bytes = this.#bytes
    let at = this.at
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
    this.at = at
    return true
  }

  #utf8(text: string, nbytes: number): void {
    this.#textHeader(nbytes)
    this.#reserve(nbytes)
    this.#bytes.write(text, this.at, nbytes, 'utf8')
    this.at += nbytes
  }

  #utf16(text: string): void {
    this.extra(EXTRA.text16)
    this.varint(text.length)
    this.#reserve(2 * text.length)
    this.#bytes.write(text, this.at, 2 * text.length, 'utf16le')
    this.at += 2 * text.length
  }

  #textHeader(nbytes: number): void {
    this.#reserve(5)
    if (nbytes < 0x20) this.#bytes[this.at++] = 0xa0 | nbytes
    else if (nbytes < 0x100) {
      this.#bytes[this.at++] = 0xd9
      this.#bytes[this.at++] = nbytes
    } else this.#wide(nbytes, 0xda)
  }

  #header(length: number, fix: number, token: number): void {
    this.#reserve(5)
    if (length < 16) this.#bytes[this.at++] = fix | length
    else this.#wide(length, token)
  }

  /** `token` is that of the 16-bit form, the next one that of the 32-bit form. */
  #wide(length: number, token: number): void {
    if (length < 0x10000) {
      this.#bytes[this.at] = token
      this.#view.setUint16(this.at + 1, length)
      this.at += 3
    } else {
      this.#bytes[this.at] = token + 1
      this.#view.setUint32(this.at + 1, length)
      this.at += 5
    }
  }

  #float(value: number): void {
    this.#bytes[this.at] = 0xcb
    // A NaN can have any bits; equal values must have equal bytes.
    this.#view.setFloat64(this.at + 1, Number.isNaN(value) ? Number.NaN : value)
    this.at += 9
  }

  #unsigned(value: number): void {
    const bytes = this.#bytes
    if (value < 0x80) bytes[this.at++] = value
    else if (value < 0x100) {
      bytes[this.at++] = 0xcc
      bytes[this.at++] = value
    } else if (value < 0x10000) {
      bytes[this.at++] = 0xcd
      bytes[this.at++] = value >> 8
      bytes[this.at++] = value & 0xff
    } else if (value < HIGH) {
      bytes[this.at] = 0xce
      this.#view.setUint32(this.at + 1, value)
      this.at += 5
    } else this.#int64(value)
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#bytes[this.at++] = value & 0xff
    else if (value >= -0x80000000) {
      this.#bytes[this.at] = 0xd2
      this.#view.setInt32(this.at + 1, value)
      this.at += 5
    } else this.#int64(value)
  }

  #int64(value: number): void {
    this.#bytes[this.at] = 0xd3
    this.#view.setInt32(this.at + 1, Math.floor(value / HIGH))
    this.#view.setUint32(this.at + 5, value >>> 0)
    this.at += 9
  }

  #reserve(nbytes: number): void {
    if (this.at + nbytes <= this.#bytes.byteLength) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.byteLength, this.at + nbytes))
    larger.set(this.#bytes.subarray(0, this.at))
    this.#replace(larger)
  }

  #replace(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}
