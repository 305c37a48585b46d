import { LARGE_FRAME } from '../comm/framing.js'
import { HeddleError } from '../errors.js'
import { Encoded } from '../values/encoded.js'
import type { CompactForm } from './compact.js'
import { AGAIN, EXTENSION, isRecord, NESTING_MAX } from './msgpack-extensions.js'
import { MsgpackTokens } from './msgpack-tokens.js'

/** Heads from this size on travel as a frame of their own. */
const INLINE_HEAD_MAX = 64 * 1024

/** With the flag `u`, only halves that stand alone. UTF-8 has no form for them, but they may be part of a key. */
const HALF_PAIR = /\p{Surrogate}/u

/** A little less than what a node takes, since a message may travel with others. */
const MESSAGE_BYTES_MAX = 62 * 1024 * 1024
const MESSAGE_FRAMES_MAX = 60_000

export interface WriterOptions {
  /** Maps become plain msgpack maps and `Encoded` is refused: what other msgpack readers understand. */
  plain?: boolean
}

/**
 * Writes messages as msgpack, one value after the other. Integers are written as integers up to 2^53, fields that are
 * `undefined` are left out, large buffers go to `frames`.
 */
export class MsgpackWriter extends MsgpackTokens {
  /** Large buffers, in the order in which the reader will meet them. */
  frames: Uint8Array[] = []
  #depth = 0
  #before: string | undefined
  readonly #plain: boolean

  constructor(options: WriterOptions = {}) {
    super()
    this.#plain = options.plain ?? false
  }

  /**
   * Leaves nothing behind when it fails.
   * @throws TypeError for what is no data: functions, symbols, instances of classes, cycles; HeddleError
   * HEDDLE_MESSAGE_SIZE for more than a node would take.
   */
  write(value: unknown, form?: CompactForm): void {
    const position = this.nbytes
    const nframes = this.frames.length
    this.#depth = 0
    try {
      if (form === undefined) this.#value(value)
      else this.#compact(value, form)
      this.#checkSize(this.nbytes - position, this.frames.length - nframes)
    } catch (error) {
      this.backTo(position)
      this.frames.length = nframes
      this.#before = undefined
      throw error
    }
  }

  /** Part of a message in compact form. */
  item(value: unknown): void {
    this.#value(value)
  }

  /** A text that is often the same as that of the message before; one for each form. */
  again(text: string): void {
    if (text === this.#before) return this.byte(AGAIN)
    this.#before = text
    this.#value(text)
  }

  /** Begins an array, as the very first thing, whose length is said by `setArrayLength`. */
  startArray(): void {
    this.longArray()
  }

  setArrayLength(length: number): void {
    this.patchLongArray(0, length)
  }

  /** What was written, as memory of its own; the writer is empty then. */
  take(): Uint8Array {
    this.frames = []
    this.#before = undefined
    return this.takeBytes()
  }

  #checkSize(nbytes: number, nframes: number): void {
    if (nbytes <= MESSAGE_BYTES_MAX && nframes <= MESSAGE_FRAMES_MAX) return
    const most = `${MESSAGE_BYTES_MAX} bytes and ${MESSAGE_FRAMES_MAX} large buffers`
    const text = `a message of ${nbytes} bytes beside ${nframes} large buffers is more than a node takes (${most}). Send it in parts.`
    throw new HeddleError('HEDDLE_MESSAGE_SIZE', text)
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.number(value)
    else if (value === null || value === undefined) this.byte(0xc0)
    else if (typeof value === 'object') this.#object(value)
    else if (typeof value === 'boolean') this.byte(value ? 0xc3 : 0xc2)
    else if (typeof value === 'bigint') this.bigint(value)
    else throw new TypeError(`a ${typeof value} cannot be part of a message`)
  }

  #object(value: object): void {
    if (this.#depth++ >= NESTING_MAX)
      throw new TypeError(`a message is nested deeper than ${NESTING_MAX}, or in a circle`)
    if (Array.isArray(value)) this.#array(value)
    else if (value instanceof Uint8Array) this.#bytes(value)
    else if (value instanceof Map) this.#map(value)
    else if (value instanceof Encoded) this.#encoded(value)
    else if (isRecord(value)) this.#record(value)
    else throw new TypeError(`an instance of ${value.constructor?.name} cannot be part of a message`)
    this.#depth--
  }

  #compact(message: unknown, form: CompactForm): void {
    const start = this.startExtension()
    form.write(this, message as never)
    this.endExtension(start, EXTENSION.compact)
  }

  #array(values: readonly unknown[]): void {
    this.arrayHeader(values.length)
    for (let i = 0; i < values.length; i++) this.#value(values[i])
  }

  #record(fields: Record<string, unknown>): void {
    const names = Object.keys(fields)
    const start = this.nbytes
    this.mapHeader(names.length)
    let written = 0
    for (let i = 0; i < names.length; i++) {
      const value = fields[names[i] as string]
      if (value === undefined) continue
      if (!this.ascii(names[i] as string)) this.utf8(names[i] as string)
      this.#value(value)
      written++
    }
    if (written < names.length) this.patchMapHeader(start, written)
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    const start = this.#plain ? undefined : this.startExtension()
    this.mapHeader(map.size)
    for (const [key, value] of map) {
      this.#value(key)
      this.#value(value)
    }
    if (start !== undefined) this.endExtension(start, EXTENSION.map)
  }

  #text(text: string): void {
    if (this.ascii(text)) return
    if (this.#plain || !HALF_PAIR.test(text)) return this.utf8(text)
    const start = this.startExtension()
    this.utf16(text)
    this.endExtension(start, EXTENSION.text)
  }

  #bytes(bytes: Uint8Array): void {
    if (this.#plain || bytes.byteLength < LARGE_FRAME) return this.binary(bytes)
    this.endExtension(this.startExtension(), EXTENSION.frame)
    this.frames.push(bytes)
  }

  #encoded(value: Encoded): void {
    if (this.#plain) throw new TypeError('an encoded value has no plain form')
    const start = this.startExtension()
    this.number(value.nbytes)
    if (value.head.byteLength < INLINE_HEAD_MAX) this.binary(value.head)
    else {
      this.byte(0xc0)
      this.frames.push(value.head)
    }
    this.number(value.buffers.length)
    for (const buffer of value.buffers) this.frames.push(buffer)
    this.endExtension(start, EXTENSION.encoded)
  }
}
