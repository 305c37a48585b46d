import { DecodeError, LoadError } from '../../errors.js'

/** So many times its own length may a buffer be read: parts may be shared, but not without end. */
const READINGS_MAX = 4
const TABLE_BYTES = 4

/** The metadata of Arrow's messages: a flatbuffer of which every offset and length is held against what is there. */
export class FlatBuffer {
  readonly view: DataView
  #left: number

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#left = READINGS_MAX * bytes.byteLength
  }

  root(): FlatTable {
    return new FlatTable(this, this.follow(0))
  }

  /** What is read costs what it is long. */
  spend(nbytes: number): void {
    this.#left -= nbytes
    if (this.#left < 0) fail('its parts refer to each other without end')
  }

  expect(at: number, nbytes: number): number {
    if (at < 0 || !(at + nbytes <= this.bytes.byteLength)) fail('it points outside of itself')
    return at
  }

  /** Where the offset that stands there points to. */
  follow(at: number): number {
    return this.expect(at + this.view.getUint32(this.expect(at, 4), true), 4)
  }
}

/** So many items, each of so many bytes, from there on. */
export interface FlatVector {
  readonly at: number
  readonly length: number
}

const NOTHING: FlatVector = { at: 0, length: 0 }

/** A table; its fields have numbers, and those that are not there a default. */
export class FlatTable {
  readonly #in: FlatBuffer
  readonly #at: number
  readonly #fields: number
  readonly #fieldsEnd: number

  constructor(source: FlatBuffer, at: number) {
    this.#in = source
    this.#at = source.expect(at, TABLE_BYTES)
    source.spend(TABLE_BYTES)
    this.#fields = source.expect(at - source.view.getInt32(at, true), 4)
    this.#fieldsEnd = this.#fields + source.view.getUint16(this.#fields, true)
    source.expect(this.#fields, this.#fieldsEnd - this.#fields)
  }

  byte(field: number, standard = 0): number {
    const at = this.#field(field, 1)
    return at === undefined ? standard : this.#in.view.getUint8(at)
  }

  bool(field: number): boolean {
    return this.byte(field) !== 0
  }

  int16(field: number, standard = 0): number {
    const at = this.#field(field, 2)
    return at === undefined ? standard : this.#in.view.getInt16(at, true)
  }

  int32(field: number, standard = 0): number {
    const at = this.#field(field, 4)
    return at === undefined ? standard : this.#in.view.getInt32(at, true)
  }

  int64(field: number): number {
    const at = this.#field(field, 8)
    return at === undefined ? 0 : Number(this.#in.view.getBigInt64(at, true))
  }

  text(field: number): string | undefined {
    const at = this.#field(field, 4)
    if (at === undefined) return undefined
    const start = this.#in.follow(at)
    const length = this.#in.view.getUint32(start, true)
    this.#in.spend(4 + length)
    this.#in.expect(start + 4, length)
    return Buffer.from(this.#in.bytes.subarray(start + 4, start + 4 + length)).toString()
  }

  table(field: number): FlatTable | undefined {
    const at = this.#field(field, 4)
    return at === undefined ? undefined : new FlatTable(this.#in, this.#in.follow(at))
  }

  tables(field: number): FlatTable[] {
    const { at, length } = this.vector(field, 4)
    return Array.from({ length }, (_, i) => new FlatTable(this.#in, this.#in.follow(at + 4 * i)))
  }

  vector(field: number, itemSize: number): FlatVector {
    const at = this.#field(field, 4)
    if (at === undefined) return NOTHING
    const start = this.#in.follow(at)
    const length = this.#in.view.getUint32(start, true)
    this.#in.spend(4 + itemSize * length)
    return { at: this.#in.expect(start + 4, itemSize * length), length }
  }

  int32s(field: number): number[] {
    const { at, length } = this.vector(field, 4)
    return Array.from({ length }, (_, i) => this.#in.view.getInt32(at + 4 * i, true))
  }

  /** Of structs of that many of them, too. */
  int64s(field: number, perItem = 1): number[] {
    const { at, length } = this.vector(field, 8 * perItem)
    return Array.from({ length: perItem * length }, (_, i) => Number(this.#in.view.getBigInt64(at + 8 * i, true)))
  }

  #field(field: number, nbytes: number): number | undefined {
    const slot = this.#fields + 4 + 2 * field
    if (slot + 2 > this.#fieldsEnd) return undefined
    const offset = this.#in.view.getUint16(slot, true)
    return offset === 0 ? undefined : this.#in.expect(this.#at + offset, nbytes)
  }
}

/** @throws DecodeError with that reason. */
export function fail(what: string): never {
  throw new DecodeError(`these bytes are no Arrow table: ${what}`)
}

/** What apache-arrow thinks wrong is an error of the bytes, too. */
export function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof LoadError) throw error
    throw new DecodeError(`these bytes are no Arrow table: ${(error as Error).message}`, { cause: error })
  }
}
