/** Arrow's schemas, as a flatbuffer says them. */
import {
  type ArrowField,
  type ArrowModule,
  type ArrowSchema,
  type ArrowType,
  isDictionary,
} from '../../values/arrow-module.js'
import { makeType } from '../../values/arrow-schema.js'
import { type FlatTable, fail } from './flatbuffer.js'

const DEPTH_MAX = 64
const INT = 2
const MILLISECONDS = 1

/** A schema, and which dictionary each of its dictionary types has. */
export interface ReadSchema {
  readonly schema: ArrowSchema
  readonly dictionaryIds: ReadonlyMap<ArrowType, number>
}

/** @throws DecodeError for types that this apache-arrow has not, and for what is no schema. */
export function readSchema(arrow: ArrowModule, table: FlatTable): ReadSchema {
  if (table.int16(0) !== 0) fail('it is big endian')
  const reader = new SchemaReader(arrow)
  const fields = reader.fields(table.tables(1), 0)
  return { schema: new arrow.Schema(fields, metadataIn(table, 2)), dictionaryIds: reader.dictionaryIds }
}

class SchemaReader {
  readonly dictionaryIds = new Map<ArrowType, number>()
  readonly #arrow: ArrowModule

  constructor(arrow: ArrowModule) {
    this.#arrow = arrow
  }

  fields(tables: readonly FlatTable[], depth: number): ArrowField[] {
    return tables.map((table) => this.#field(table, depth))
  }

  #field(table: FlatTable, depth: number): ArrowField {
    if (depth > DEPTH_MAX) fail(`types nested deeper than ${DEPTH_MAX}`)
    const values = this.#type(table, depth)
    const encoding = table.table(4)
    const type = encoding === undefined ? values : this.#dictionary(values, encoding)
    return new this.#arrow.Field(table.text(0) ?? '', type, table.bool(1), metadataIn(table, 6))
  }

  #dictionary(values: ArrowType, encoding: FlatTable): ArrowType {
    const indices = encoding.table(1)
    const bits = indices?.int32(0) ?? 32
    const isSigned = indices?.bool(1) ?? true
    const integer = makeType(this.#arrow, INT, (name) => (name === 'bitWidth' ? intBits(bits) : isSigned))
    if (integer === undefined || isDictionary(values)) return fail('a dictionary that is none')
    const type = new this.#arrow.Dictionary(values, integer, null, encoding.bool(2))
    this.dictionaryIds.set(type, encoding.int64(0))
    return type
  }

  #type(field: FlatTable, depth: number): ArrowType {
    const id = field.byte(2)
    const children = this.fields(field.tables(5), depth + 1)
    const facts = factsOf(id, field.table(3), children)
    const type = makeType(this.#arrow, id, (name) => facts[name])
    return type ?? fail(`a type that is not known here (number ${id})`)
  }
}

/** What the type's constructor is given, by name. */
function factsOf(id: number, type: FlatTable | undefined, children: ArrowField[]): Record<string, unknown> {
  const [child] = children
  if (type === undefined) return { children, child }
  switch (id) {
    case INT:
      return { bitWidth: intBits(type.int32(0)), isSigned: type.bool(1) }
    case 3:
      return { precision: type.int16(0) }
    case 7:
      return { precision: type.int32(0), scale: type.int32(1), bitWidth: decimalBits(type.int32(2, 128)) }
    case 8:
    case 18:
      return { unit: type.int16(0, MILLISECONDS) }
    case 9:
      return { unit: type.int16(0, MILLISECONDS), bitWidth: intBits(type.int32(1, 32)) }
    case 10:
      return { unit: type.int16(0), timezone: type.text(1) ?? null }
    case 11:
      return { unit: type.int16(0) }
    case 14:
      return { mode: type.int16(0), typeIds: typeIdsOf(type.int32s(1), children), children }
    case 15:
      return { byteWidth: sized(type.int32(0)) }
    case 16:
      return { listSize: sized(type.int32(0)), child: onlyOne(children) }
    case 12:
    case 21:
      return { child: onlyOne(children) }
    case 17:
      return { keysSorted: type.bool(0), child: onlyOne(children) }
    default:
      return { children }
  }
}

/** The one child that lists have. */
export function onlyOne(children: readonly ArrowField[]): ArrowField {
  const [child] = children
  return child !== undefined && children.length === 1 ? child : fail('a type with the wrong children')
}

/** The bits of an integer. */
export function intBits(bits: number): number {
  return [8, 16, 32, 64].includes(bits) ? bits : fail(`integers of ${bits} bits`)
}

/** The bits of a decimal. */
export function decimalBits(bits: number): number {
  return [32, 64, 128, 256].includes(bits) ? bits : fail(`decimals of ${bits} bits`)
}

/** The numbers of a union's types; by default they are counted. */
export function typeIdsOf(ids: readonly number[], children: readonly ArrowField[]): number[] {
  const numbers = ids.length === 0 ? children.map((_, i) => i) : [...ids]
  const isRight = numbers.length === children.length && numbers.every((id) => id >= 0 && id < 128)
  return isRight ? numbers : fail('a union without the numbers of its types')
}

/** A length that a type may have. */
export function sized(length: number): number {
  return length >= 0 ? length : fail(`a type of ${length} items`)
}

function metadataIn(table: FlatTable, field: number): Map<string, string> {
  return new Map(table.tables(field).map((pair) => [pair.text(0) ?? '', pair.text(1) ?? '']))
}
