import { LARGE_BUFFER } from './format.js'
import type { HeadReader } from './head-reader.js'
import { ARRAY_BUFFER, VIEW_KINDS } from './view-kinds.js'

interface Memory {
  readonly buffer: ArrayBufferLike
  readonly start: number
  readonly nbytes: number
  readonly whole: boolean
}

/** The views of one value, from the table behind its body. */
export class ViewReader {
  readonly #memories: Memory[] = []
  readonly #table: HeadReader
  readonly #buffers: readonly Uint8Array[]
  readonly #copy: boolean
  #nextBuffer = 0

  constructor(table: HeadReader, buffers: readonly Uint8Array[], copy: boolean) {
    this.#table = table
    this.#buffers = buffers
    this.#copy = copy
    const count = table.count()
    for (let i = 0; i < count; i++) this.#memories.push(this.#readMemory())
    if (this.#nextBuffer !== buffers.length) table.fail('more buffers than its table names')
  }

  /** The next view must be of this kind. */
  next(kind: number): object {
    const memory = this.#memories[this.#table.varint()]
    const offset = this.#table.varint()
    const nbytes = this.#table.varint()
    if (memory === undefined || offset + nbytes > memory.nbytes) return this.#table.fail('a view beyond its buffer')
    if (kind === ARRAY_BUFFER && !(memory.whole && offset === 0 && nbytes === memory.nbytes))
      return this.#table.fail('an ArrayBuffer in the middle of another')
    return viewOf(this.#table, kind, memory.buffer, memory.start + offset, nbytes)
  }

  /** Every view of the table was used. */
  expectEnd(): void {
    this.#table.expectEnd()
  }

  #readMemory(): Memory {
    const header = this.#table.varint()
    const nbytes = Math.floor(header / 4)
    const whole = header % 2 === 1
    const inHead = header % 4 < 2
    const bytes = inHead ? this.#table.raw(nbytes) : this.#takeBuffer(nbytes)
    const own = inHead || this.#copy ? copied(bytes) : aligned(whole ? exact(bytes) : bytes)
    return { buffer: own.buffer, start: own.byteOffset, nbytes, whole }
  }

  #takeBuffer(nbytes: number): Uint8Array {
    const bytes = this.#buffers[this.#nextBuffer++]
    if (bytes === undefined || bytes.byteLength !== nbytes) return this.#table.fail('a buffer of another size')
    return bytes
  }
}

/** The value of a head of the bare family. */
export function readBare(reader: HeadReader, kind: number, buffers: readonly Uint8Array[], copy: boolean): object {
  const inHead = reader.rest()
  const beside = buffers[0]
  if (beside === undefined) return viewOf(reader, kind, copied(inHead).buffer, 0, inHead.byteLength)
  if (buffers.length > 1 || inHead.byteLength > 0 || beside.byteLength < LARGE_BUFFER)
    return reader.fail('a bare buffer in two places')
  const own = copy ? copied(beside) : aligned(kind === ARRAY_BUFFER ? exact(beside) : beside)
  return viewOf(reader, kind, own.buffer, own.byteOffset, own.byteLength)
}

function viewOf(reader: HeadReader, kind: number, buffer: ArrayBufferLike, offset: number, nbytes: number): object {
  const found = VIEW_KINDS[kind]
  if (found === undefined) return reader.fail(`a typed array of kind ${kind}, which this version of Node does not have`)
  if (offset % found.itemSize !== 0 || nbytes % found.itemSize !== 0)
    return reader.fail('a typed array that is not aligned')
  return found.make(buffer, offset, nbytes)
}

function copied(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.byteLength)
  copy.set(bytes)
  return copy
}

/** Buffers that came over a foreign way may lie anywhere. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : copied(bytes)
}

/** As an ArrayBuffer that has exactly these bytes. */
function exact(bytes: Uint8Array): Uint8Array {
  const isAll = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
  return isAll ? bytes : copied(bytes)
}
