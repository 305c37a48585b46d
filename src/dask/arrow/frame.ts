/**
 * DataFrames of pandas as Arrow tables, as pandas pickles them: blocks, each one column of Arrow's or several of numpy's,
 * and where in the frame they stand. A frame that has anything else in it (dates, objects, categories, more than one
 * level of names) is left closed. The names of its rows become a column, unless they are their numbers.
 */

import { LoadError } from '../../errors.js'
import type { ArrowData, ArrowField, ArrowModule, ArrowTable, ArrowType } from '../../values/arrow-module.js'
import { loadArrow } from '../../values/arrow-module.js'
import { makeType } from '../../values/arrow-schema.js'
import { type DType, itemKind } from '../../values/dtypes.js'
import { NDArray } from '../../values/ndarray.js'
import { PyObject, PyTuple } from '../python.js'
import { fromNumpy, memoryOf } from '../values/numpy.js'
import { columnOf } from './column.js'
import { guarded } from './flatbuffer.js'
import { fromPyArrow } from './pickled.js'
import { itemsIn } from './pickled-type.js'
import { tableOf } from './rows.js'

const FRAME = /^pandas\.(core\.frame\.)?DataFrame$/
const OF_ARROW = /^pandas\..*\bArrow(Extension|String)Array$/
const INTEGER = 2
const FLOAT = 3
const BOOL = 6
const ROWS_NAME = '__index_level_0__'

interface Column {
  readonly type: ArrowType
  readonly chunks: readonly ArrowData[]
}

/** Undefined: it is no frame, or one that stays closed, as all do without apache-arrow. @throws DecodeError. */
export function fromPandas(object: PyObject): ArrowTable | undefined {
  if (!FRAME.test(object.maker ?? '') || !(object.state instanceof Map)) return undefined
  const manager: unknown = object.state.get('_mgr')
  const [blocks, axes] = manager instanceof PyObject ? itemsIn(manager.args) : []
  const arrow = arrowIfThere()
  return arrow && guarded(() => new Frame(arrow).read(itemsIn(blocks), itemsIn(axes)))
}

function arrowIfThere(): ArrowModule | undefined {
  try {
    return loadArrow()
  } catch (error) {
    if (error instanceof LoadError) return undefined
    throw error
  }
}

class Frame {
  readonly #arrow: ArrowModule
  /** Parts of a pickle may be shared; each is read once. */
  readonly #read = new Map<unknown, Column | undefined>()

  constructor(arrow: ArrowModule) {
    this.#arrow = arrow
  }

  read(blocks: readonly unknown[], [names, rows]: readonly unknown[]): ArrowTable | undefined {
    const labels = this.#names(names)
    if (labels === undefined) return undefined
    const columns = new Array<Column | undefined>(labels.length)
    for (const block of blocks) if (!this.#place(block, columns)) return undefined
    const index = this.#index(rows, columns[0])
    if (index === undefined || !columns.every((column) => column !== undefined)) return undefined
    const all = [...(columns as Column[]).map((column, i) => ({ name: labels[i] as string, column })), ...index]
    const fields = all.map(({ name, column }) => this.#field(name, column.type))
    const schema = new this.#arrow.Schema(fields, new Map())
    return tableOf(
      this.#arrow,
      schema,
      all.map(({ column }) => column.chunks),
    )
  }

  #field(name: string, type: ArrowType): ArrowField {
    return new this.#arrow.Field(name, type, true)
  }

  /** `_unpickle_block(values, placement, ndim)`. */
  #place(block: unknown, columns: (Column | undefined)[]): boolean {
    const [values, placement] = block instanceof PyObject ? itemsIn(block.args) : []
    const places = placesIn(placement, columns.length)
    if (places === undefined || !(values instanceof PyObject)) return false
    const array = fromNumpy(values)
    if (array instanceof NDArray) return this.#placeRows(array, places, columns)
    const column = places.length === 1 ? this.#ofArrow(values) : undefined
    columns[places[0] as number] = column
    return column !== undefined
  }

  /** Each row of numpy's is a column. */
  #placeRows(array: NDArray, places: readonly number[], columns: (Column | undefined)[]): boolean {
    if (array.ndim !== 2 || array.shape[0] !== places.length) return false
    places.forEach((place, i) => {
      columns[place] = this.#ofNumpy(array.slice(i))
    })
    return places.every((place) => columns[place] !== undefined)
  }

  #ofArrow(values: PyObject): Column | undefined {
    if (this.#read.has(values)) return this.#read.get(values)
    const column = this.#newOfArrow(values)
    this.#read.set(values, column)
    return column
  }

  #newOfArrow({ maker, state }: PyObject): Column | undefined {
    const inner: unknown = OF_ARROW.test(maker ?? '') && state instanceof Map ? state.get('_pa_array') : undefined
    const vector = inner instanceof PyObject ? fromPyArrow(inner) : undefined
    return vector !== undefined && 'data' in vector && 'type' in vector
      ? { type: vector.type as ArrowType, chunks: vector.data as readonly ArrowData[] }
      : undefined
  }

  #ofNumpy(row: NDArray): Column | undefined {
    const facts = factsOf(row.dtype)
    const type = facts && makeType(this.#arrow, facts.id, (name) => Reflect.get(facts, name))
    if (type === undefined) return undefined
    const memory = row.dtype === 'bool' ? bitsOf(row) : memoryOf(row.isContiguous ? row : row.copy())
    const parts = { length: row.size, offset: 0, nullCount: 0, buffers: [undefined, memory], children: [] }
    return { type, chunks: [columnOf(this.#arrow, type, { ...parts, dictionary: undefined, variadic: [] })] }
  }

  /** The texts that an index of columns holds; undefined: they are no texts. */
  #names(index: unknown): string[] | undefined {
    const { data } = indexOf(index)
    if (!(data instanceof PyObject)) return undefined
    const column = this.#ofArrow(data)
    const found = column === undefined ? objectsIn(data) : itemsOf(new this.#arrow.Vector(column.chunks))
    return found?.every((name) => typeof name === 'string') ? (found as string[]) : undefined
  }

  /** The column that names the rows, if it takes one. Undefined: it is of a kind that is not known here. */
  #index(index: unknown, first: Column | undefined): { name: string; column: Column }[] | undefined {
    const { kind, data, name, start, stop, step } = indexOf(index)
    const length = first?.chunks.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0
    if (kind === 'RangeIndex' && start === 0 && step === 1) return stop === length ? [] : undefined
    const column = kind === 'RangeIndex' ? this.#numbers([start, stop, step], length) : this.#ofIndex(kind, data)
    return column && [{ name: typeof name === 'string' ? name : ROWS_NAME, column }]
  }

  #numbers(range: readonly unknown[], length: number): Column | undefined {
    const numbers = rangeOf(range, length)
    return numbers && this.#ofNumpy(new NDArray(BigInt64Array.from(numbers, BigInt)))
  }

  #ofIndex(kind: string | undefined, data: unknown): Column | undefined {
    if (kind !== 'Index' || !(data instanceof PyObject)) return undefined
    const array = fromNumpy(data)
    return array instanceof NDArray && array.ndim === 1 ? this.#ofNumpy(array) : this.#ofArrow(data)
  }
}

interface Index {
  /** The class, without its module. */
  readonly kind?: string
  readonly [fact: string]: unknown
}

/** `_new_Index(class, {data, name, …})`. */
function indexOf(index: unknown): Index {
  const [kind, facts] = index instanceof PyObject ? itemsIn(index.args) : []
  if (!(facts instanceof Map)) return {}
  return { ...Object.fromEntries(facts as Map<string, unknown>), kind: String(kind).split('.').at(-1) as string }
}

function itemsOf(vector: object): unknown[] {
  return [...(vector as Iterable<unknown>)]
}

/** Of numpy's array of objects: `(version, shape, dtype, is column major, objects)`. */
function objectsIn({ state }: PyObject): readonly unknown[] | undefined {
  const objects = state instanceof PyTuple ? state.items[4] : undefined
  return Array.isArray(objects) ? objects : undefined
}

/** `slice(start, stop, step)`, or an array of places. */
function placesIn(placement: unknown, count: number): number[] | undefined {
  if (!(placement instanceof PyObject)) return undefined
  const places = placement.maker === 'builtins.slice' ? rangeOf(itemsIn(placement.args), count) : listOf(placement)
  const isPlace = (place: number) => Number.isInteger(place) && place >= 0 && place < count
  return places !== undefined && places.length <= count && places.every(isPlace) ? places : undefined
}

function rangeOf([start, stop, step]: readonly unknown[], count: number): number[] | undefined {
  const [from, to, by] = [Number(start), Number(stop), Number(step ?? 1)]
  const length = Math.ceil((to - from) / by)
  return Number.isSafeInteger(from) && Number.isSafeInteger(by) && length >= 0 && length <= count
    ? Array.from({ length }, (_, i) => from + i * by)
    : undefined
}

function listOf(placement: PyObject): number[] | undefined {
  const array = fromNumpy(placement)
  return array instanceof NDArray && array.ndim === 1 ? [...array.toTypedArray()].map(Number) : undefined
}

/** As Arrow has booleans. */
function bitsOf(row: NDArray): Uint8Array {
  const bits = new Uint8Array(Math.ceil(row.size / 8))
  row.toTypedArray().forEach((flag, i) => {
    if (flag) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  })
  return bits
}

function factsOf(dtype: DType): { readonly id: number; readonly [fact: string]: unknown } | undefined {
  if (dtype === 'bool') return { id: BOOL }
  const { itemSize } = itemKind(dtype)
  const [, kind] = /^(u?int|float)\d+$/.exec(dtype) ?? []
  if (kind === 'float') return { id: FLOAT, precision: Math.log2(itemSize) - 1 }
  return kind === undefined ? undefined : { id: INTEGER, bitWidth: 8 * itemSize, isSigned: kind === 'int' }
}
