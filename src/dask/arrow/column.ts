/** Columns of Arrow over the very memory in which they came, once it is known to be enough. */
import { type ArrowData, type ArrowModule, type ArrowType, isDictionary } from '../../values/arrow-module.js'
import { fail } from './flatbuffer.js'

/** A piece of a column's memory, as Arrow orders them. */
type Piece = 'validity' | 'types' | 'offsets' | 'offsets64' | 'views' | 'data'

const FIXED: readonly Piece[] = ['validity', 'data']
const TEXT: readonly Piece[] = ['validity', 'offsets', 'data']
const LONG_TEXT: readonly Piece[] = ['validity', 'offsets64', 'data']
const VIEWS: readonly Piece[] = ['validity', 'views']
const LIST: readonly Piece[] = ['validity', 'offsets']

const NULL = 1
const BOOL = 6
const STRUCT = 13
const UNION = 14
const FIXED_SIZE_LIST = 16
const DENSE = 1
const VIEW_BYTES = 16

const PIECES: Readonly<Record<number, readonly Piece[]>> = {
  [NULL]: [],
  4: TEXT,
  5: TEXT,
  12: LIST,
  [STRUCT]: ['validity'],
  [FIXED_SIZE_LIST]: ['validity'],
  17: LIST,
  19: LONG_TEXT,
  20: LONG_TEXT,
  21: ['validity', 'offsets64'],
  23: VIEWS,
  24: VIEWS,
}

/** What is known of a column. */
export interface Parts {
  /** Items, and how many items of the memory come before them. */
  readonly length: number
  readonly offset: number
  /** -1: not known. */
  readonly nullCount: number
  readonly buffers: readonly (Uint8Array | undefined)[]
  readonly children: readonly ArrowData[]
  /** A vector. */
  readonly dictionary?: object | undefined
  /** Memory that views refer to. */
  readonly variadic?: readonly Uint8Array[]
}

/** The pieces of memory that a column of this type has. */
export function piecesOf(type: ArrowType): readonly Piece[] {
  if (type.typeId === UNION) return field(type, 'mode') === DENSE ? ['types', 'offsets'] : ['types']
  return PIECES[type.typeId] ?? FIXED
}

/** Do items of this type lie in memory beside, of which there may be several pieces? */
export function hasViews(type: ArrowType): boolean {
  return piecesOf(type) === VIEWS
}

/** @throws DecodeError when the memory cannot be that of such a column. */
export function columnOf(arrow: ArrowModule, type: ArrowType, parts: Parts): ArrowData {
  const { length, offset, nullCount, children, dictionary, variadic } = parts
  if (!isLength(length) || !isLength(offset)) fail('a column of an impossible length')
  const whole = length + offset
  const memory = new Memory(type, parts, whole)
  checkChildren(type, children, whole)
  const made = arrow.makeData({
    ...memory.parts(),
    type,
    length: whole,
    nullCount: type.typeId === NULL ? whole : memory.hasValidity ? -1 : 0,
    child: children[0],
    children,
    ...(dictionary && { dictionary }),
    variadicBuffers: variadic ?? [],
  })
  if (nullCount > length) fail('a column with more nulls than items')
  return offset === 0 ? made : made.slice(offset, length)
}

/** How many bytes each item takes; undefined where that differs. */
function widthOf(type: ArrowType): number {
  if (isDictionary(type)) return widthOf(type.indices)
  switch (type.typeId) {
    case 3:
      return [2, 4, 8][field(type, 'precision')] ?? fail('a float of unknown size')
    case 8:
      return field(type, 'unit') === 0 ? 4 : 8
    case 10:
    case 18:
      return 8
    case 11:
      return [4, 8, 16][field(type, 'unit')] ?? fail('an interval of unknown size')
    case 15:
      return field(type, 'byteWidth')
    default:
      return field(type, 'bitWidth') / 8
  }
}

function field(type: ArrowType, name: string): number {
  return Reflect.get(type, name) as number
}

class Memory {
  readonly #type: ArrowType
  readonly #length: number
  readonly #given = new Map<Piece, Uint8Array | undefined>()
  readonly #children: readonly ArrowData[]

  constructor(type: ArrowType, { buffers, children }: Parts, length: number) {
    this.#type = type
    this.#length = length
    this.#children = children
    const pieces = piecesOf(type)
    if (buffers.length < pieces.length) fail('a column without its memory')
    for (const [i, piece] of pieces.entries()) this.#given.set(piece, buffers[i])
  }

  get hasValidity(): boolean {
    return (this.#given.get('validity')?.byteLength ?? 0) > 0
  }

  parts(): Record<string, unknown> {
    const parts: Record<string, unknown> = {}
    if (this.hasValidity) parts.nullBitmap = this.#atLeast('validity', Math.ceil(this.#length / 8))
    for (const piece of this.#given.keys()) {
      if (piece === 'types') parts.typeIds = this.#atLeast(piece, this.#length)
      if (piece === 'offsets' || piece === 'offsets64') parts.valueOffsets = this.#offsets(piece)
      if (piece === 'views') parts.views = aligned(this.#atLeast(piece, VIEW_BYTES * this.#length), 4)
      if (piece === 'data') parts.data = this.#data()
    }
    return parts
  }

  #atLeast(piece: Piece, nbytes: number): Uint8Array {
    const given = this.#given.get(piece) ?? new Uint8Array()
    if (!(given.byteLength >= nbytes)) fail(`a column of ${this.#length} items whose memory is too small`)
    return given.subarray(0, nbytes)
  }

  #data(): Uint8Array {
    if (this.#given.has('offsets') || this.#given.has('offsets64')) return this.#given.get('data') ?? new Uint8Array()
    if (this.#type.typeId === BOOL) return this.#atLeast('data', Math.ceil(this.#length / 8))
    const width = widthOf(this.#type)
    if (!isLength(width)) fail('items of an impossible size')
    return aligned(this.#atLeast('data', width * this.#length), 8)
  }

  #offsets(piece: 'offsets' | 'offsets64'): ArrayBufferView {
    if (this.#type.typeId === UNION) return int32s(this.#atLeast(piece, 4 * this.#length))
    const isLong = piece === 'offsets64'
    const isEmpty = this.#length === 0 && (this.#given.get(piece)?.byteLength ?? 0) === 0
    const bytes = isEmpty ? new Uint8Array(8) : this.#atLeast(piece, (isLong ? 8 : 4) * (this.#length + 1))
    const offsets = isLong ? int64s(bytes) : int32s(bytes)
    this.#checkOffsets(Number(offsets[0]), Number(offsets[this.#length]))
    return offsets
  }

  /** Those between may be wrong, too: such an item is cut at the ends of its memory. */
  #checkOffsets(first: number, last: number): void {
    const items = this.#given.has('data') ? (this.#given.get('data')?.byteLength ?? 0) : this.#children[0]?.length
    if (first < 0 || first > last || !(last <= (items ?? 0))) fail('items outside of their memory')
  }
}

function checkChildren(type: ArrowType, children: readonly ArrowData[], length: number): void {
  const types = isDictionary(type) ? [] : (type.children ?? [])
  if (children.length !== types.length) fail('a column with the wrong number of children')
  const isSparse = type.typeId === UNION && field(type, 'mode') !== DENSE
  const each = type.typeId === FIXED_SIZE_LIST ? field(type, 'listSize') : 1
  if (type.typeId !== STRUCT && !isSparse && type.typeId !== FIXED_SIZE_LIST) return
  if (!isLength(each)) fail('lists of an impossible length')
  if (children.some((child) => child.length < each * length)) fail('a column longer than its children')
}

function int32s(bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 4)
  return new Int32Array(buffer, byteOffset, Math.floor(byteLength / 4))
}

function int64s(bytes: Uint8Array): BigInt64Array {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 8)
  return new BigInt64Array(buffer, byteOffset, Math.floor(byteLength / 8))
}

function aligned(bytes: Uint8Array, nbytes: number): Uint8Array {
  return bytes.byteOffset % nbytes === 0 ? bytes : new Uint8Array(bytes)
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
