import { DecodeError } from '../../errors.js'
import { readUtf8 } from './utf8.js'

/** Longer integers (128 KiB, 300 000 digits) are refused: making numbers of them takes more than linear time. */
const INTEGER_BYTES_MAX = 128 * 1024

/** The bytes of a pickle, one thing after the other; every length is held against what is there. */
export class BytesReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  fail(what: string): never {
    throw new DecodeError(`these bytes are no pickle that can be read: ${what}, before byte ${this.#at}`)
  }

  skip(length: number): number {
    const at = this.#at
    this.expect(length)
    this.#at = at + length
    return at
  }

  /** So many bytes are there. */
  expect(length: number): void {
    if (length > this.#bytes.byteLength - this.#at) this.fail('it ends too early')
  }

  byte(): number {
    return this.#bytes[this.skip(1)] as number
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true)
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  /** A length: one beyond 2^53 is beyond what is there anyway. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true))
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8))
  }

  /** A view. */
  bytes(length: number): Uint8Array {
    const at = this.skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(length: number): string {
    return readUtf8(this.bytes(length)) ?? this.fail('text that is not UTF-8')
  }

  latin1(length: number): string {
    const { buffer, byteOffset } = this.bytes(length)
    return Buffer.from(buffer, byteOffset, length).toString('latin1')
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end < 0) this.fail('a line without end')
    const line = this.text(end - this.#at)
    this.#at++
    return line
  }

  /** Two's complement, little endian. */
  integer(length: number): number | bigint {
    if (length === 0) return 0
    if (length > INTEGER_BYTES_MAX) this.fail(`an integer of ${length} bytes`)
    const bytes = Buffer.from(this.bytes(length)).reverse()
    const magnitude = BigInt(`0x${bytes.toString('hex')}`)
    const value = (bytes[0] as number) < 0x80 ? magnitude : magnitude - (1n << BigInt(8 * length))
    return -0x1fffffffffffffn <= value && value <= 0x1fffffffffffffn ? Number(value) : value
  }
}
