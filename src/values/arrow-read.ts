import {
  type ArrowBatch,
  type ArrowData,
  type ArrowModule,
  type ArrowSchema,
  type ArrowType,
  type ArrowVector,
  arrowKindOf,
  isDictionary,
  loadArrow,
} from './arrow-module.js'
import { readMetadata, readSchema, readType } from './arrow-schema.js'
import { ARROW_KIND } from './arrow-write.js'
import type { Decoder } from './decoder.js'

const STRUCT = 13

/** What `writeArrow` wrote. */
export function readArrow(decoder: Decoder): unknown {
  const tell = decoder.meetLater()
  const arrow = loadArrow()
  const kind = decoder.byte()
  const value = kind === ARROW_KIND.Vector ? readVector(decoder, arrow) : readBatches(decoder, arrow, kind)
  tell(value)
  return value
}

function readBatches(decoder: Decoder, arrow: ArrowModule, kind: number): unknown {
  const schema = readSchema(decoder, arrow)
  const batches = decoder.list(() => readBatch(decoder, arrow, schema))
  if (kind === ARROW_KIND.Table) return new arrow.Table(schema, batches)
  return batches.length === 1 ? batches[0] : decoder.fail('an Arrow batch that is none')
}

function readBatch(decoder: Decoder, arrow: ArrowModule, schema: ArrowSchema): ArrowBatch {
  const metadata = readMetadata(decoder)
  const type = { typeId: STRUCT, children: schema.fields }
  const data = readData(decoder, arrow, type)
  return new arrow.RecordBatch(schema, data, metadata)
}

function readVector(decoder: Decoder, arrow: ArrowModule): ArrowVector {
  const type = readType(decoder, arrow)
  return new arrow.Vector(decoder.list(() => readData(decoder, arrow, type)))
}

function readData(decoder: Decoder, arrow: ArrowModule, type: ArrowType): ArrowData {
  const length = decoder.varint()
  const offset = decoder.varint()
  const nullCount = decoder.varint()
  const present = decoder.byte()
  const buffers = [0, 1, 2, 3].map((i) => ((present >> i) & 1 ? readBuffer(decoder) : undefined))
  const variadic = decoder.list(() => readBuffer(decoder))
  checkLengths(decoder, length + offset, buffers)
  const children = readChildren(decoder, arrow, type)
  if (type.typeId === STRUCT && children.some((child) => child.length !== length))
    decoder.fail('Arrow columns of different lengths')
  const dictionary = isDictionary(type) ? readDictionary(decoder) : undefined
  return new arrow.Data(type, offset, length, nullCount, buffers, children, dictionary, variadic)
}

function readChildren(decoder: Decoder, arrow: ArrowModule, type: ArrowType): ArrowData[] {
  const types = isDictionary(type) ? [] : (type.children ?? [])
  if (decoder.count() !== types.length) decoder.fail('Arrow data with the wrong number of children')
  decoder.enter()
  const children = types.map((field) => readData(decoder, arrow, field.type))
  decoder.leave()
  return children
}

function readBuffer(decoder: Decoder): ArrayBufferView {
  const view = decoder.viewOf(undefined)
  return ArrayBuffer.isView(view) ? view : decoder.fail('Arrow data whose buffer is none')
}

function readDictionary(decoder: Decoder): object {
  const value = decoder.value()
  const isVector = typeof value === 'object' && value !== null && arrowKindOf(value) === 'Vector'
  return isVector ? value : decoder.fail('Arrow data whose dictionary is none')
}

/** No item takes less than a bit: lengths that the buffers cannot have are a lie. */
function checkLengths(decoder: Decoder, length: number, buffers: readonly (ArrayBufferView | undefined)[]): void {
  for (const buffer of buffers) {
    if (buffer !== undefined && buffer.byteLength > 0 && length > 8 * buffer.byteLength)
      decoder.fail('Arrow data longer than its buffers')
  }
}
