import { Encoded } from '../values/encoded.js'
import { EXTENSION, isRecord, NESTING_MAX } from './msgpack-extensions.js'

const HIGH = 2 ** 32
/** Heads from this size on travel as a frame of their own. */
const INLINE_HEAD_MAX = 64 * 1024
/** Memory that one unusually large message needed is not kept. */
const KEPT_BYTES = 256 * 1024

export interface WriterOptions {
  /** Maps become plain msgpack maps and `Encoded` is refused: what other msgpack readers understand. */
  plain?: boolean
}

/**
 * Writes messages as msgpack, one value after the other. Integers are written as integers up to 2^53, fields that are
 * `undefined` are left out, large buffers go to `frames`.
 */
export class MsgpackWriter {
  /** Large buffers, in the order in which the reader will meet them. */
  frames: Uint8Array[] = []
  #bytes = Buffer.allocUnsafeSlow(8192)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #depth = 0
  readonly #plain: boolean

  constructor(options: WriterOptions = {}) {
    this.#plain = options.plain ?? false
  }

  /** Bytes written since the last `take`. */
  get nbytes(): number {
    return this.#at
  }

  /**
   * Leaves nothing behind when it fails.
   * @throws TypeError for what is no data: functions, symbols, instances of classes, cycles.
   */
  write(value: unknown): void {
    const at = this.#at
    const nframes = this.frames.length
    this.#depth = 0
    try {
      this.#value(value)
    } catch (error) {
      this.#at = at
      this.frames.length = nframes
      throw error
    }
  }

  /** Room for the header of an array whose length is not known yet; see `setArrayLength`. */
  startArray(): void {
    this.#reserve(5)
    this.#bytes[this.#at] = 0xdd
    this.#at += 5
  }

  /** The array that was started at the very beginning has that many elements. */
  setArrayLength(length: number): void {
    this.#view.setUint32(1, length)
  }

  /** What was written, as memory of its own; the writer is empty then. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes.buffer.slice(0, this.#at))
    this.#at = 0
    this.frames = []
    if (this.#bytes.byteLength > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(8192))
    return bytes
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.#string(value)
    else if (typeof value === 'number') this.#number(value)
    else if (value === null || value === undefined) this.#byte(0xc0)
    else if (typeof value === 'object') this.#object(value)
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2)
    else if (typeof value === 'bigint') this.#bigint(value)
    else throw new TypeError(`a ${typeof value} cannot be part of a message`)
  }

  #object(value: object): void {
    if (this.#depth++ >= NESTING_MAX)
      throw new TypeError(`a message is nested deeper than ${NESTING_MAX}, or in a circle`)
    if (Array.isArray(value)) this.#array(value)
    else if (value instanceof Uint8Array) this.#binary(value)
    else if (value instanceof Map) this.#map(value)
    else if (value instanceof Encoded) this.#encoded(value)
    else if (isRecord(value)) this.#record(value)
    else throw new TypeError(`an instance of ${value.constructor?.name} cannot be part of a message`)
    this.#depth--
  }

  #array(values: readonly unknown[]): void {
    this.#header(values.length, 0x90, 0xdc)
    for (let i = 0; i < values.length; i++) this.#value(values[i])
  }

  #record(fields: Record<string, unknown>): void {
    const names = Object.keys(fields)
    const start = this.#at
    this.#header(names.length, 0x80, 0xde)
    let written = 0
    for (let i = 0; i < names.length; i++) {
      const value = fields[names[i] as string]
      if (value === undefined) continue
      this.#string(names[i] as string)
      this.#value(value)
      written++
    }
    if (written < names.length) this.#patchLength(start, written)
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    const start = this.#plain ? undefined : this.#startExtension()
    this.#header(map.size, 0x80, 0xde)
    for (const [key, value] of map) {
      this.#value(key)
      this.#value(value)
    }
    if (start !== undefined) this.#endExtension(start, EXTENSION.map)
  }

  #encoded(value: Encoded): void {
    if (this.#plain) throw new TypeError('an encoded value has no plain form')
    const start = this.#startExtension()
    this.#number(value.nbytes)
    if (value.head.byteLength < INLINE_HEAD_MAX) this.#binary(value.head)
    else {
      this.#byte(0xc0)
      this.frames.push(value.head)
    }
    this.#number(value.buffers.length)
    for (const buffer of value.buffers) this.frames.push(buffer)
    this.#endExtension(start, EXTENSION.encoded)
  }

  #string(text: string): void {
    const { length } = text
    if (length < 128 && this.#ascii(text, length)) return
    const nbytes = Buffer.byteLength(text)
    this.#lengthOf(nbytes, nbytes < 32 ? 0xa0 : 0, 0xd9)
    this.#reserve(nbytes)
    this.#bytes.write(text, this.#at, nbytes, 'utf8')
    this.#at += nbytes
  }

  /** Most strings are short names; false: it is not ASCII, nothing was written. */
  #ascii(text: string, length: number): boolean {
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

  #binary(bytes: Uint8Array): void {
    this.#lengthOf(bytes.byteLength, 0, 0xc4)
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.byteLength
  }

  #number(value: number): void {
    this.#reserve(9)
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#float(value)
    else if (value >= 0) this.#unsigned(value)
    else this.#negative(value)
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

  #bigint(value: bigint): void {
    this.#reserve(9)
    if (BigInt.asIntN(64, value) === value) this.#view.setBigInt64(this.#at + 1, value)
    else if (BigInt.asUintN(64, value) === value) this.#view.setBigUint64(this.#at + 1, value)
    else throw new TypeError('a bigint of more than 64 bits cannot be part of a message')
    this.#bytes[this.#at] = BigInt.asIntN(64, value) === value ? 0xd3 : 0xcf
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

  /** The header that stands at `start` was written for more fields than there were. */
  #patchLength(start: number, length: number): void {
    const token = this.#bytes[start] as number
    if (token < 0x90) this.#bytes[start] = 0x80 | length
    else if (token === 0xde) this.#view.setUint16(start + 1, length)
    else this.#view.setUint32(start + 1, length)
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

  #startExtension(): number {
    this.#reserve(6)
    const start = this.#at
    this.#at += 6
    return start
  }

  #endExtension(start: number, type: number): void {
    this.#bytes[start] = 0xc9
    this.#view.setUint32(start + 1, this.#at - start - 6)
    this.#bytes[start + 5] = type
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
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
