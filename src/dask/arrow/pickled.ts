/** Tables, batches and columns of Arrow, as pyarrow pickles them: each buffer on its own, beside the pickle. */
import {
  type ArrowBatch,
  type ArrowData,
  type ArrowModule,
  type ArrowSchema,
  type ArrowTable,
  type ArrowType,
  type ArrowVector,
  isDictionary,
  loadArrow,
} from '../../values/arrow-module.js'
import type { PyObject } from '../python.js'
import { bytesIn } from '../values/old-forms.js'
import { columnOf, hasViews, piecesOf } from './column.js'
import { fail, guarded } from './flatbuffer.js'
import { callIn, itemsIn, metadataIn, PickledTypes } from './pickled-type.js'
import { batchOf, onlyChunk, tableOf } from './rows.js'

/** Types and columns of one value together: parts may be shared, but not without end. */
const PARTS_MAX = 100_000
const DEPTH_MAX = 64
const UNION = 14

/**
 * Undefined: that is nothing of pyarrow's that is known here.
 * @throws DecodeError when its memory is too small for what it is said to be; LoadError without apache-arrow.
 */
export function fromPyArrow(object: PyObject): ArrowTable | ArrowBatch | ArrowVector | undefined {
  const { name } = callIn(object)
  const isKnown = name === '_reconstruct_table' || name === '_reconstruct_record_batch' || isColumn(name)
  return isKnown ? guarded(() => new Reader(loadArrow()).read(object)) : undefined
}

function isColumn(name: string): boolean {
  return name === 'chunked_array' || name === '_restore_array'
}

class Reader {
  readonly #arrow: ArrowModule
  readonly #types: PickledTypes
  #left = PARTS_MAX

  constructor(arrow: ArrowModule) {
    this.#arrow = arrow
    this.#types = new PickledTypes(arrow, () => this.#spend())
  }

  read(object: PyObject): ArrowTable | ArrowBatch | ArrowVector | undefined {
    const { name, args } = callIn(object)
    if (isColumn(name)) return this.#vector(object)
    const columns = itemsIn(args[0]).map((column) => this.#chunks(column))
    const schema = this.#schema(args[1])
    if (schema === undefined || !columns.every((one) => one !== undefined)) return undefined
    if (columns.length !== schema.fields.length) fail('a table with more or fewer columns than its schema')
    const chunks = columns as ArrowData[][]
    if (name === '_reconstruct_record_batch') return batchOf(this.#arrow, schema, chunks.map(onlyChunk))
    return tableOf(this.#arrow, schema, chunks)
  }

  #vector(object: PyObject): ArrowVector | undefined {
    const chunks = this.#chunks(object)
    return chunks === undefined || chunks.length === 0 ? undefined : new this.#arrow.Vector(chunks)
  }

  #spend(): void {
    if (--this.#left < 0) fail(`more than ${PARTS_MAX} parts`)
  }

  #schema(value: unknown): ArrowSchema | undefined {
    const { name, args } = callIn(value)
    const fields = name === 'schema' ? this.#types.fields(args[0]) : undefined
    return fields && new this.#arrow.Schema(fields, metadataIn(args[1]))
  }

  /** Undefined: of a type that is not known here. A column without chunks is an empty one. */
  #chunks(column: unknown): ArrowData[] | undefined {
    const { name, args } = callIn(column)
    if (name === '_restore_array') return this.#asList(this.#array(args[0], 0))
    if (name !== 'chunked_array') return undefined
    const pieces = itemsIn(args[0])
    if (pieces.length === 0) return this.#asList(this.#empty(this.#types.type(args[1])))
    const chunks = pieces.map((piece) => this.#array(callIn(piece).args[0], 0))
    return chunks.every((chunk) => chunk !== undefined) ? (chunks as ArrowData[]) : undefined
  }

  #asList(chunk: ArrowData | undefined): ArrowData[] | undefined {
    return chunk && [chunk]
  }

  /** `(type, length, nulls, offset, buffers, children, dictionary)`. */
  #array(data: unknown, depth: number, known?: ArrowType): ArrowData | undefined {
    this.#spend()
    if (depth > DEPTH_MAX) fail(`columns nested deeper than ${DEPTH_MAX}`)
    const [typed, length, nulls, offset, buffers, parts, dictionary] = itemsIn(data)
    const type = known ?? this.#types.type(typed)
    if (type === undefined) return undefined
    const inner = isDictionary(type) ? [] : (type.children ?? [])
    const children = itemsIn(parts).map((child, i) => this.#array(dataIn(child), depth + 1, inner[i]?.type))
    if (!children.every((child) => child !== undefined)) return undefined
    // Unions once had a validity of their own: a buffer is left for it.
    const memory = itemsIn(buffers)
      .slice(type.typeId === UNION ? 1 : 0)
      .map(memoryIn)
    const values = isDictionary(type) ? this.#array(dataIn(dictionary), depth + 1, type.dictionary) : undefined
    if (isDictionary(type) && values === undefined) return undefined
    return columnOf(this.#arrow, type, {
      length: Number(length),
      offset: Number(offset),
      nullCount: Number(nulls),
      buffers: memory,
      children: children as ArrowData[],
      dictionary: values && new this.#arrow.Vector([values]),
      variadic: hasViews(type) ? memory.slice(piecesOf(type).length).map((bytes) => bytes ?? new Uint8Array()) : [],
    })
  }

  #empty(type: ArrowType | undefined): ArrowData | undefined {
    if (type === undefined) return undefined
    this.#spend()
    const inner = isDictionary(type) ? [] : (type.children ?? [])
    const children = inner.map((field) => this.#empty(field.type) as ArrowData)
    const values = isDictionary(type) ? this.#empty(type.dictionary) : undefined
    const dictionary = values && new this.#arrow.Vector([values])
    const buffers = piecesOf(type).map(() => undefined)
    return columnOf(this.#arrow, type, { length: 0, offset: 0, nullCount: 0, buffers, children, dictionary })
  }
}

/** An array stands there as the call that makes it, or as the tuple that call is given. */
function dataIn(value: unknown): unknown {
  const { name, args } = callIn(value)
  return name === '_restore_array' ? args[0] : value
}

function memoryIn(value: unknown): Uint8Array | undefined {
  const { name, args } = callIn(value)
  return bytesIn(name === 'py_buffer' ? args[0] : value)
}
