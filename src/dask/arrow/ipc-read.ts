/** Arrow's stream format, of which every length is checked: columns are views of the bytes that came. */
import {
  type ArrowBatch,
  type ArrowData,
  type ArrowModule,
  type ArrowSchema,
  type ArrowTable,
  type ArrowType,
  isDictionary,
} from '../../values/arrow-module.js'
import { columnOf, hasViews, piecesOf } from './column.js'
import { FlatBuffer, type FlatTable, fail, guarded } from './flatbuffer.js'
import { type ReadSchema, readSchema } from './ipc-schema.js'

const WORD = 4
const CONTINUATION = 0xffffffff
const HEADER = { schema: 1, dictionary: 2, batch: 3 } as const
const STRUCT = 13

interface Message {
  readonly kind: number
  readonly header: FlatTable
  readonly body: Uint8Array
}

/** A stream as a table. @throws DecodeError when it is none. */
export function readTable(arrow: ArrowModule, bytes: Uint8Array): ArrowTable {
  return guarded(() => {
    const { schema, batches } = new StreamReader(arrow).read(bytes)
    return new arrow.Table(schema, batches)
  })
}

/** A stream of one batch. @throws DecodeError when it is none. */
export function readBatch(arrow: ArrowModule, bytes: Uint8Array): ArrowBatch {
  const [batch, ...more] = guarded(() => new StreamReader(arrow).read(bytes).batches)
  return batch !== undefined && more.length === 0 ? batch : fail('it is not one batch')
}

class StreamReader {
  readonly #arrow: ArrowModule
  /** By number: what a dictionary has in it so far. */
  readonly #dictionaries = new Map<number, ArrowData[]>()
  readonly #batches: ArrowBatch[] = []
  #known: ReadSchema | undefined

  constructor(arrow: ArrowModule) {
    this.#arrow = arrow
  }

  read(bytes: Uint8Array): { schema: ArrowSchema; batches: ArrowBatch[] } {
    for (const { kind, header, body } of messagesIn(bytes)) {
      if (kind === HEADER.schema && this.#known === undefined) this.#known = readSchema(this.#arrow, header)
      else if (kind === HEADER.dictionary) this.#addDictionary(header, body)
      else if (kind === HEADER.batch) this.#addBatch(header, body)
      else fail(`a message of the kind ${kind}`)
    }
    return { schema: this.#schema.schema, batches: this.#batches }
  }

  get #schema(): ReadSchema {
    return this.#known ?? fail('its schema does not come first')
  }

  #addBatch(header: FlatTable, body: Uint8Array): void {
    const { schema } = this.#schema
    const length = header.int64(0)
    const columns = this.#columns(header, body)
    const children = schema.fields.map(({ type }) => columns.next(type))
    if (children.some((child) => child.length !== length)) fail('columns of different lengths')
    const type = { typeId: STRUCT, children: schema.fields }
    const data = new this.#arrow.Data(type, 0, length, 0, [], children, undefined, [])
    this.#batches.push(new this.#arrow.RecordBatch(schema, data, new Map()))
  }

  #addDictionary(header: FlatTable, body: Uint8Array): void {
    const id = header.int64(0)
    const batch = header.table(1) ?? fail('a dictionary without values')
    const known = [...this.#schema.dictionaryIds].find(([, number]) => number === id)
    if (known === undefined) return fail('a dictionary that belongs to no column')
    const [type] = known
    if (!isDictionary(type)) return
    const values = this.#columns(batch, body).next(type.dictionary)
    const before = header.bool(2) ? (this.#dictionaries.get(id) ?? []) : []
    this.#dictionaries.set(id, [...before, values])
  }

  #columns(batch: FlatTable, body: Uint8Array): Columns {
    return new Columns(batch, body, this.#arrow, (type) => this.#dictionaryOf(type))
  }

  #dictionaryOf(type: ArrowType): object {
    const values = this.#dictionaries.get(this.#schema.dictionaryIds.get(type) ?? -1)
    if (values !== undefined) return new this.#arrow.Vector(values)
    const none = { length: 0, offset: 0, nullCount: 0, buffers: [] as Uint8Array[], children: [] as ArrowData[] }
    const values0 = isDictionary(type) ? type.dictionary : fail('a dictionary that is none')
    const buffers = piecesOf(values0).map(() => new Uint8Array())
    return new this.#arrow.Vector([columnOf(this.#arrow, values0, { ...none, buffers })])
  }
}

/** The columns of one batch, in order: each takes its node and its buffers off the lists. */
class Columns {
  readonly #arrow: ArrowModule
  readonly #dictionaryOf: (type: ArrowType) => object
  readonly #body: Uint8Array
  /** Length and nulls of each column; place and length of each buffer; number of buffers that views refer to. */
  readonly #nodes: readonly number[]
  readonly #places: readonly number[]
  readonly #counts: readonly number[]
  #node = 0
  #place = 0
  #count = 0

  constructor(batch: FlatTable, body: Uint8Array, arrow: ArrowModule, dictionaryOf: (type: ArrowType) => object) {
    if (batch.table(3) !== undefined) fail('it is compressed: write it without compression')
    this.#arrow = arrow
    this.#dictionaryOf = dictionaryOf
    this.#body = body
    this.#nodes = batch.int64s(1, 2)
    this.#places = batch.int64s(2, 2)
    this.#counts = batch.int64s(4)
  }

  next(type: ArrowType): ArrowData {
    const length = this.#nodes[2 * this.#node] ?? fail('fewer columns than its schema says')
    const nullCount = this.#nodes[2 * this.#node + 1] as number
    this.#node++
    const buffers = piecesOf(type).map(() => this.#buffer())
    const variadic = hasViews(type) ? this.#variadic() : []
    const isPlain = !isDictionary(type)
    const children = isPlain ? (type.children ?? []).map((field) => this.next(field.type)) : []
    const dictionary = isPlain ? undefined : this.#dictionaryOf(type)
    return columnOf(this.#arrow, type, { length, offset: 0, nullCount, buffers, children, dictionary, variadic })
  }

  #variadic(): Uint8Array[] {
    const length = this.#counts[this.#count++] ?? 0
    if (!(length >= 0 && length <= this.#places.length)) fail('more buffers than there are')
    return Array.from({ length }, () => this.#buffer())
  }

  #buffer(): Uint8Array {
    const at = this.#places[2 * this.#place] ?? fail('fewer buffers than its columns need')
    const end = at + (this.#places[2 * this.#place + 1] as number)
    this.#place++
    if (!(at >= 0 && end >= at && end <= this.#body.byteLength)) fail('a buffer outside of its batch')
    return this.#body.subarray(at, end)
  }
}

function* messagesIn(bytes: Uint8Array): Generator<Message> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + WORD <= bytes.byteLength; ) {
    // Before Arrow 0.15 there was no mark in front of the length.
    const isMarked = view.getUint32(at, true) === CONTINUATION
    if (isMarked) at += WORD
    if (at + WORD > bytes.byteLength) fail('it ends too early')
    const length = view.getUint32(at, true)
    at += WORD
    if (length === 0) return
    const message = messageIn(bytes, at, length)
    yield message
    at += length + message.body.byteLength
  }
}

function messageIn(bytes: Uint8Array, at: number, length: number): Message {
  if (at + length > bytes.byteLength) fail('it ends too early')
  const table = new FlatBuffer(bytes.subarray(at, at + length)).root()
  const bodyLength = table.int64(3)
  const from = at + length
  if (!(bodyLength >= 0 && from + bodyLength <= bytes.byteLength)) fail('it ends too early')
  const header = table.table(2) ?? fail('a message without header')
  return { kind: table.byte(1), header, body: bytes.subarray(from, from + bodyLength) }
}
