import { ProtocolError } from '../errors.js'
import { StringCache } from '../util/string-cache.js'
import { Encoded } from '../values/encoded.js'
import type { CompactForm } from './compact.js'
import { AGAIN, EXTENSION, NESTING_MAX, WireRecord } from './msgpack-extensions.js'

const HIGH = 2 ** 32
const strings = new StringCache()
const NO_FRAMES: readonly Uint8Array[] = []

/**
 * Reads what `MsgpackWriter` wrote. Nothing is trusted: counts are held against the bytes that are there before memory
 * is taken, depth is limited, no code is made, records inherit nothing. Bytes are copied out, so a small value does not
 * hold on to a large message. Every method throws ProtocolError for what is no msgpack.
 */
export class MsgpackReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #end: number
  readonly #frames: readonly Uint8Array[]
  readonly #maps: boolean
  #at = 0
  #nextFrame = 0
  #depth = 0
  #before: unknown

  constructor(head: Uint8Array, frames: readonly Uint8Array[], maps: boolean) {
    this.#bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    this.#view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    this.#end = head.byteLength
    this.#frames = frames
    this.#maps = maps
  }

  expectEnd(): void {
    if (this.#at !== this.#end) throw new ProtocolError(`${this.#end - this.#at} bytes behind the message`)
    if (this.#nextFrame !== this.#frames.length) {
      throw new ProtocolError(`${this.#frames.length - this.#nextFrame} frames that the message does not name`)
    }
  }

  /** An array, whose items `item` reads. */
  list<T>(item: () => T): T[] {
    const length = this.#arrayLength()
    this.#enter(length)
    const items = new Array<T>(length)
    for (let i = 0; i < length; i++) items[i] = item()
    this.#depth--
    return items
  }

  get isNil(): boolean {
    return this.#bytes[this.#at] === 0xc0
  }

  /** The next value is a message in compact form: as the writer writes it, always. */
  get isCompact(): boolean {
    return this.#bytes[this.#at] === 0xc9 && this.#bytes[this.#at + 5] === EXTENSION.compact
  }

  compact(form: CompactForm): object {
    const length = this.#view.getUint32(this.#skip(6) + 1)
    const end = this.#at + length
    const message = form.read(this)
    if (this.#at !== end) throw new ProtocolError('an extension whose length is wrong')
    return message
  }

  /** A value that is mostly a text which was not met before: it is not looked for among those that were. */
  fresh(): unknown {
    const token = this.#bytes[this.#at] as number
    const isShort = token >= 0xa0 && token < 0xc0
    if (!isShort && token !== 0xd9) return this.value()
    this.#at++
    const length = isShort ? token & 0x1f : this.#byte()
    const at = this.#skip(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** What `again` of the writer wrote. */
  again(): unknown {
    if (this.#bytes[this.#at] === AGAIN) this.#at++
    else this.#before = this.value()
    return this.#before
  }

  #arrayLength(): number {
    const token = this.#byte()
    if ((token & 0xf0) === 0x90) return token & 0x0f
    if (token === 0xdc || token === 0xdd) return this.#length(token - 0xdb)
    throw new ProtocolError('what is no list of messages')
  }

  value(): unknown {
    const token = this.#byte()
    if (token < 0x80) return token
    if (token < 0x90) return this.#map(token & 0x0f)
    if (token < 0xa0) return this.#array(token & 0x0f)
    if (token < 0xc0) return this.#string(token & 0x1f)
    if (token >= 0xe0) return token - 0x100
    return this.#byToken(token)
  }

  #byToken(token: number): unknown {
    switch (token) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xca:
        return this.#view.getFloat32(this.#skip(4))
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8))
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#length(token - 0xc4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#length(token - 0xd9))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(token - 0xdb))
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(token - 0xdd))
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#length(token - 0xc7))
      default:
        return this.#integer(token)
    }
  }

  #integer(token: number): number | bigint {
    switch (token) {
      case 0xcc:
        return this.#byte()
      case 0xcd:
        return this.#view.getUint16(this.#skip(2))
      case 0xce:
        return this.#view.getUint32(this.#skip(4))
      case 0xcf:
        return this.#unsigned64(this.#skip(8))
      case 0xd0:
        return this.#view.getInt8(this.#skip(1))
      case 0xd1:
        return this.#view.getInt16(this.#skip(2))
      case 0xd2:
        return this.#view.getInt32(this.#skip(4))
      case 0xd3:
        return this.#signed64(this.#skip(8))
      default:
        return this.#fixedExtension(token)
    }
  }

  /** None of ours has a fixed size. */
  #fixedExtension(token: number): never {
    throw new ProtocolError(`the byte 0x${token.toString(16)} at ${this.#at - 1} is nothing that Heddle sends`)
  }

  #unsigned64(at: number): number | bigint {
    const value = this.#view.getUint32(at) * HIGH + this.#view.getUint32(at + 4)
    return Number.isSafeInteger(value) ? value : this.#view.getBigUint64(at)
  }

  #signed64(at: number): number | bigint {
    const value = this.#view.getInt32(at) * HIGH + this.#view.getUint32(at + 4)
    return Number.isSafeInteger(value) ? value : this.#view.getBigInt64(at)
  }

  /** `width` 0: 8 bits, 1: 16, 2: 32. */
  #length(width: number): number {
    if (width === 0) return this.#byte()
    return width === 1 ? this.#view.getUint16(this.#skip(2)) : this.#view.getUint32(this.#skip(4))
  }

  #string(length: number): string {
    const at = this.#skip(length)
    return strings.read(this.#bytes, at, length)
  }

  #binary(length: number): Uint8Array {
    const at = this.#skip(length)
    const copy = new Uint8Array(length)
    if (length > 64) copy.set(this.#bytes.subarray(at, at + length))
    else for (let i = 0; i < length; i++) copy[i] = this.#bytes[at + i] as number
    return copy
  }

  #array(length: number): unknown[] {
    this.#enter(length)
    const values = new Array<unknown>(length)
    for (let i = 0; i < length; i++) values[i] = this.value()
    this.#depth--
    return values
  }

  #map(size: number): unknown {
    if (this.#maps) return this.#entries(size)
    this.#enter(2 * size)
    const record = new WireRecord()
    for (let i = 0; i < size; i++) record[this.#name()] = this.value()
    this.#depth--
    return record
  }

  #name(): string {
    const token = this.#byte()
    if (token >= 0xa0 && token < 0xc0) return this.#string(token & 0x1f)
    if (token >= 0xd9 && token <= 0xdb) return this.#string(this.#length(token - 0xd9))
    throw new ProtocolError('a field whose name is not text')
  }

  #entries(size: number): Map<unknown, unknown> {
    this.#enter(2 * size)
    const map = new Map<unknown, unknown>()
    for (let i = 0; i < size; i++) map.set(this.value(), this.value())
    this.#depth--
    return map
  }

  #extension(length: number): unknown {
    const type = this.#byte()
    const end = this.#at + length
    if (end > this.#end) throw truncatedError()
    const value = this.#content(type, length)
    if (this.#at !== end) throw new ProtocolError('an extension whose length is wrong')
    return value
  }

  #content(type: number, length: number): unknown {
    if (type === EXTENSION.encoded) return this.#encoded()
    if (type === EXTENSION.map) return this.#taggedMap()
    if (type === EXTENSION.frame) return this.#frame()
    if (type === EXTENSION.text) return this.#bytes.toString('utf16le', this.#skip(length), this.#at)
    throw new ProtocolError(`the extension type ${type} is nothing that Heddle sends`)
  }

  #taggedMap(): Map<unknown, unknown> {
    const token = this.#byte()
    if ((token & 0xf0) === 0x80) return this.#entries(token & 0x0f)
    if (token === 0xde || token === 0xdf) return this.#entries(this.#length(token - 0xdd))
    throw new ProtocolError('a map that is none')
  }

  #encoded(): Encoded {
    const nbytes = this.#count()
    const inline = this.value()
    const head = inline === null ? this.#frame() : inline
    if (!(head instanceof Uint8Array)) throw new ProtocolError('an encoded value without a head')
    const count = this.#count()
    if (count > this.#frames.length - this.#nextFrame)
      throw new ProtocolError('an encoded value names frames that are not there')
    if (count === 0) return new Encoded(head, NO_FRAMES, nbytes)
    const buffers = this.#frames.slice(this.#nextFrame, this.#nextFrame + count)
    this.#nextFrame += count
    return new Encoded(head, buffers, nbytes)
  }

  #frame(): Uint8Array {
    const frame = this.#frames[this.#nextFrame++]
    if (!frame) throw new ProtocolError('a frame is named that is not there')
    return frame
  }

  #count(): number {
    const value = this.value()
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw new ProtocolError('an encoded value without a size')
  }

  /** Every element has a byte at least: a count that says more is a lie. */
  #enter(count: number): void {
    if (count > this.#end - this.#at) throw truncatedError()
    if (++this.#depth > NESTING_MAX) throw new ProtocolError(`a message nested deeper than ${NESTING_MAX}`)
  }

  #byte(): number {
    if (this.#at >= this.#end) throw truncatedError()
    return this.#bytes[this.#at++] as number
  }

  #skip(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw truncatedError()
    this.#at = at + length
    return at
  }
}

/** The bytes end before the message does. */
export function truncatedError(): ProtocolError {
  return new ProtocolError('a message that ends too early')
}
