import { type ArrowField, type ArrowModule, type ArrowSchema, type ArrowType, isDictionary } from './arrow-module.js'
import type { Decoder } from './decoder.js'
import type { Encoder } from './encoder.js'

/*
 * A schema: metadata (a Map, or null), number of fields, then each: name, nullable, metadata, type. A type: its id, the
 * arguments of its class's constructor, its children (as fields). Not Arrow's own flatbuffer: decoding that trusts
 * every length in it, and a copy of apache-arrow writes the types of another copy wrongly.
 */

/** By type id: the name of the class, and where the arguments of its constructor are kept. */
const TYPES: Readonly<Record<number, readonly [name: string, ...fields: string[]]>> = {
  1: ['Null'],
  2: ['Int', 'isSigned', 'bitWidth'],
  3: ['Float', 'precision'],
  4: ['Binary'],
  5: ['Utf8'],
  6: ['Bool'],
  7: ['Decimal', 'scale', 'precision', 'bitWidth'],
  8: ['Date_', 'unit'],
  9: ['Time', 'unit', 'bitWidth'],
  10: ['Timestamp', 'unit', 'timezone'],
  11: ['Interval', 'unit'],
  12: ['List', 'child'],
  13: ['Struct', 'children'],
  14: ['Union', 'mode', 'typeIds', 'children'],
  15: ['FixedSizeBinary', 'byteWidth'],
  16: ['FixedSizeList', 'listSize', 'child'],
  17: ['Map_', 'child', 'keysSorted'],
  18: ['Duration', 'unit'],
  19: ['LargeBinary'],
  20: ['LargeUtf8'],
  21: ['LargeList', 'child'],
  23: ['BinaryView'],
  24: ['Utf8View'],
}
/** Type ids are -1 and above; in heads they are one more. */
const DICTIONARY = 0

type Metadata = ReadonlyMap<string, string>

/** Writes a schema, of whichever copy of apache-arrow. */
export function writeSchema(encoder: Encoder, { fields, metadata }: ArrowSchema): void {
  writeMetadata(encoder, metadata)
  writeFields(encoder, fields)
}

function writeFields(encoder: Encoder, fields: readonly ArrowField[]): void {
  encoder.varint(fields.length)
  for (const { name, nullable, metadata, type } of fields) {
    encoder.text(String(name))
    encoder.value(Boolean(nullable))
    writeMetadata(encoder, metadata)
    writeType(encoder, type)
  }
}

function writeMetadata(encoder: Encoder, metadata: Metadata | undefined): void {
  encoder.value(metadata !== undefined && metadata !== null && metadata.size > 0 ? metadata : null)
}

/** Writes a type with its children. */
export function writeType(encoder: Encoder, type: ArrowType): void {
  encoder.varint(type.typeId + 1)
  if (isDictionary(type)) return writeDictionaryType(encoder, type)
  const known = TYPES[type.typeId]
  if (known === undefined) throw new TypeError(`an Arrow type ${type.typeId} that this version does not know`)
  for (const field of known.slice(1)) {
    if (field === 'child' || field === 'children') writeFields(encoder, type.children ?? [])
    else encoder.value(plain(Reflect.get(type, field)))
  }
}

function writeDictionaryType(
  encoder: Encoder,
  { dictionary, indices, isOrdered }: { dictionary: ArrowType; indices: ArrowType; isOrdered: boolean },
): void {
  writeType(encoder, dictionary)
  writeType(encoder, indices)
  encoder.value(Boolean(isOrdered))
}

/** The ids of a union's types are a typed array, in which they need more room. */
function plain(argument: unknown): unknown {
  return ArrayBuffer.isView(argument) ? [...(argument as Int32Array)] : argument
}

/** What `writeSchema` wrote, in the classes of that copy. */
export function readSchema(decoder: Decoder, arrow: ArrowModule): ArrowSchema {
  const metadata = readMetadata(decoder)
  return new arrow.Schema(readFields(decoder, arrow), metadata)
}

function readFields(decoder: Decoder, arrow: ArrowModule): ArrowField[] {
  return decoder.list(() => {
    const name = decoder.text()
    const nullable = decoder.value() === true
    const metadata = readMetadata(decoder)
    return new arrow.Field(name, readType(decoder, arrow), nullable, metadata)
  })
}

/** An empty or absent one as an empty Map. */
export function readMetadata(decoder: Decoder): Map<string, string> {
  const value = decoder.value()
  if (value === null) return new Map()
  const isMetadata = value instanceof Map && [...value].flat().every((text) => typeof text === 'string')
  return isMetadata ? value : decoder.fail('metadata of an Arrow schema that is none')
}

/** What `writeType` wrote. */
export function readType(decoder: Decoder, arrow: ArrowModule): ArrowType {
  decoder.enter()
  const id = decoder.varint()
  const type = id === DICTIONARY ? readDictionaryType(decoder, arrow) : readPlainType(decoder, arrow, id - 1)
  decoder.leave()
  return type
}

function readPlainType(decoder: Decoder, arrow: ArrowModule, id: number): ArrowType {
  const type = makeType(arrow, id, (field) => readArgument(decoder, arrow, field))
  return type ?? decoder.fail(`an Arrow type ${id}`)
}

/**
 * The type with that id. `argument` gives what its constructor takes: `bitWidth`, `unit`, `child`, `children`, in the
 * order in which it takes them. Undefined: that apache-arrow has no such type.
 */
export function makeType(arrow: ArrowModule, id: number, argument: (name: string) => unknown): ArrowType | undefined {
  const [name, ...fields] = TYPES[id] ?? []
  const types = arrow as unknown as Record<string, (new (...args: unknown[]) => ArrowType) | undefined>
  const Type = name === undefined ? undefined : types[name]
  return Type && new Type(...fields.map(argument))
}

/** The id is left to Arrow: dictionaries of two tables must not have the same. */
function readDictionaryType(decoder: Decoder, arrow: ArrowModule): ArrowType {
  const values = readType(decoder, arrow)
  const indices = readType(decoder, arrow)
  return new arrow.Dictionary(values, indices, null, decoder.value() === true)
}

function readArgument(decoder: Decoder, arrow: ArrowModule, field: string): unknown {
  if (field === 'children') return readFields(decoder, arrow)
  if (field === 'child') return onlyOne(decoder, readFields(decoder, arrow))
  const value = decoder.value()
  if (field === 'typeIds') return isIds(value) ? value : decoder.fail('an Arrow union without ids')
  const isPlain = value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean'
  return isPlain || Number.isInteger(value) ? value : decoder.fail(`an Arrow type of a strange ${field}`)
}

function onlyOne(decoder: Decoder, fields: ArrowField[]): ArrowField {
  const [field] = fields
  return field !== undefined && fields.length === 1 ? field : decoder.fail('an Arrow type with the wrong children')
}

function isIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0 && id < 128)
}
