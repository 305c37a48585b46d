import { DecodeError } from '../errors.js'
import { StringCache } from '../util/string-cache.js'
import { ESCAPE, EXTRA } from './format.js'

const HIGH = 2 ** 32
/** Characters taken out at once; a string of them may hold on to as many. */
const WINDOW = 4096
/** Heads below this size are read string by string. */
const SMALL_HEAD = 256
const strings = new StringCache()

/**
 * Reads the bytes of a head. Nothing is trusted: every length is held against the bytes that are there before memory is
 * taken for it.
 */
export class HeadReader {
  at: number
  protected readonly end: number
  readonly #bytes: Uint8Array
  #buffer: Buffer | undefined
  #view: DataView | undefined
  #window = ''
  #windowAt = Number.NEGATIVE_INFINITY

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw truncated()
    return this.#bytes[this.at++] as number
  }

  varint(): number {
    let value = 0
    for (let weight = 1; weight < 2 ** 53; weight *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : this.fail('a number that is too large')
    }
    return this.fail('a number that is too large')
  }

  /** A number of things each of which takes a byte at least. */
  count(): number {
    return this.checkCount(this.varint())
  }

  /** So many things, one after the other; memory is taken as they come. */
  list<T>(read: () => T, length = this.count()): T[] {
    const values: T[] = []
    for (let i = 0; i < length; i++) values.push(read())
    return values
  }

  float64(): number {
    return this.#getView().getFloat64(this.skip(8))
  }

  /** Little endian, one after the other. */
  float64s(count: number): number[] {
    const at = this.skip(8 * count)
    const view = this.#getView()
    const values = new Array<number>(count)
    for (let i = 0; i < count; i++) values[i] = view.getFloat64(at + 8 * i, true)
    return values
  }

  /** The bytes themselves, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.raw(this.end - this.at)
  }

  expectEnd(): void {
    if (this.at !== this.end) this.fail('bytes behind it')
  }

  /** Text that must stand here, and that probably came before: a name, a key. */
  text(): string {
    const token = this.byte()
    if (token >= 0xa0 && token < 0xc0) return this.#name(token & 0x1f)
    if (token >= 0xd9 && token <= 0xdb) return this.#name(this.length(token - 0xd9))
    if (token === ESCAPE && this.byte() === EXTRA.text16) return this.text16()
    return this.fail('something else where text must stand')
  }

  protected utf8(length: number): string {
    const at = this.skip(length)
    if (this.end < SMALL_HEAD || length > WINDOW / 4) return this.#slice(at, length)
    for (let i = at; i < at + length; i++) if ((this.#bytes[i] as number) > 0x7f) return this.#slice(at, length)
    return this.#fromWindow(at, length)
  }

  protected text16(): string {
    const length = this.varint()
    const at = this.skip(2 * length)
    return this.#getBuffer().toString('utf16le', at, at + 2 * length)
  }

  protected bigint(): bigint {
    const header = this.varint()
    const length = Math.floor(header / 2)
    const at = this.skip(length)
    const digits = Buffer.from(this.#bytes.subarray(at, at + length))
      .reverse()
      .toString('hex')
    const magnitude = BigInt(`0x${digits || '0'}`)
    return header % 2 === 1 ? -magnitude : magnitude
  }

  /** Text, number or null behind a token that is no small integer, container or escape. */
  protected scalar(token: number): unknown {
    switch (token) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xcb:
        return this.float64()
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.utf8(this.length(token - 0xd9))
      case 0xcc:
        return this.byte()
      case 0xcd:
        return this.#getView().getUint16(this.skip(2))
      case 0xce:
        return this.#getView().getUint32(this.skip(4))
      case 0xd2:
        return this.#getView().getInt32(this.skip(4))
      case 0xd3:
        return this.#int64(this.skip(8))
      default:
        return this.fail(`the byte 0x${token.toString(16)} at ${this.at - 1}`)
    }
  }

  /** `width` 0: 8 bits, 1: 16, 2: 32. */
  protected length(width: number): number {
    if (width === 0) return this.byte()
    return width === 1 ? this.#getView().getUint16(this.skip(2)) : this.#getView().getUint32(this.skip(4))
  }

  protected checkCount(count: number): number {
    if (count > this.end - this.at) throw truncated()
    return count
  }

  protected skip(length: number): number {
    const at = this.at
    if (length > this.end - at) throw truncated()
    this.at = at + length
    return at
  }

  fail(what: string): never {
    throw new DecodeError(`these bytes are no value of Heddle's: ${what}`)
  }

  #name(length: number): string {
    return this.#slice(this.skip(length), length)
  }

  #slice(at: number, length: number): string {
    return length === 0 ? '' : strings.read(this.#getBuffer(), at, length)
  }

  /** ASCII is cut from the text of a piece of the head: one call to the engine for many strings. */
  #fromWindow(at: number, length: number): string {
    if (at < this.#windowAt || at + length > this.#windowAt + WINDOW) {
      this.#windowAt = at
      this.#window = this.#getBuffer().toString('latin1', at, at + WINDOW)
    }
    return this.#window.slice(at - this.#windowAt, at - this.#windowAt + length)
  }

  #int64(at: number): number {
    const view = this.#getView()
    const value = view.getInt32(at) * HIGH + view.getUint32(at + 4)
    return Number.isSafeInteger(value) ? value : this.fail('an integer that is no number')
  }

  #getView(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#view
  }

  #getBuffer(): Buffer {
    this.#buffer ??= Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#buffer
  }
}

function truncated(): DecodeError {
  return new DecodeError("these bytes are no value of Heddle's: they end too early")
}
