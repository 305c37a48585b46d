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
import { ARROW_KIND } from './arrow-write.js'
import type { Decoder } from './decoder.js'

/** What `writeArrow` wrote. */
export function readArrow(decoder: Decoder): unknown {
  const tell = decoder.meetLater()
  const arrow = loadArrow()
  const kind = decoder.byte()
  const schema = readSchema(decoder, arrow)
  const value =
    kind === ARROW_KIND.Vector ? readVector(decoder, arrow, schema) : readBatches(decoder, arrow, schema, kind)
  tell(value)
  return value
}

function readSchema(decoder: Decoder, arrow: ArrowModule): ArrowSchema {
  const bytes = decoder.raw(decoder.varint()).slice()
  return arrow.Message.decode(bytes).header() as ArrowSchema
}

function readBatches(decoder: Decoder, arrow: ArrowModule, schema: ArrowSchema, kind: number): unknown {
  const count = decoder.count()
  const batches = Array.from({ length: count }, () => readBatch(decoder, arrow, schema))
  if (kind === ARROW_KIND.Table) return new arrow.Table(schema, batches)
  return count === 1 ? batches[0] : decoder.fail('an Arrow batch that is none')
}

function readBatch(decoder: Decoder, arrow: ArrowModule, schema: ArrowSchema): ArrowBatch {
  const metadata = decoder.value()
  const type = { children: schema.fields } as unknown as ArrowType
  const data = readData(decoder, arrow, type)
  return new arrow.RecordBatch(schema, data, metadata instanceof Map ? metadata : new Map())
}

function readVector(decoder: Decoder, arrow: ArrowModule, schema: ArrowSchema): ArrowVector {
  const type = schema.fields[0]?.type ?? decoder.fail('an Arrow vector without a type')
  const count = decoder.count()
  return new arrow.Vector(Array.from({ length: count }, () => readData(decoder, arrow, type)))
}

function readData(decoder: Decoder, arrow: ArrowModule, type: ArrowType): ArrowData {
  const length = decoder.varint()
  const offset = decoder.varint()
  const nullCount = decoder.varint()
  const present = decoder.byte()
  const buffers = [0, 1, 2, 3].map((i) => ((present >> i) & 1 ? readBuffer(decoder) : undefined))
  const variadic = Array.from({ length: decoder.count() }, () => readBuffer(decoder))
  checkLengths(decoder, length + offset, buffers)
  const children = readChildren(decoder, arrow, type)
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
