/** Batches and tables of columns that may be cut in different places. */
import type { ArrowBatch, ArrowData, ArrowModule, ArrowSchema, ArrowTable } from '../../values/arrow-module.js'
import { fail } from './flatbuffer.js'

const STRUCT = 13

/** One batch of columns that are as long as one another. @throws DecodeError when they are not. */
export function batchOf(arrow: ArrowModule, schema: ArrowSchema, columns: readonly ArrowData[]): ArrowBatch {
  const length = columns[0]?.length ?? 0
  if (columns.some((column) => column.length !== length)) fail('columns of different lengths')
  const type = { typeId: STRUCT, children: schema.fields }
  const data = new arrow.Data(type, 0, length, 0, [], columns, undefined, [])
  return new arrow.RecordBatch(schema, data, new Map())
}

/** A table of columns in chunks. @throws DecodeError when they are not as long as one another. */
export function tableOf(
  arrow: ArrowModule,
  schema: ArrowSchema,
  columns: readonly (readonly ArrowData[])[],
): ArrowTable {
  return new arrow.Table(
    schema,
    [...rowsOf(columns)].map((batch) => batchOf(arrow, schema, batch)),
  )
}

/** The whole column. @throws DecodeError when it is cut. */
export function onlyChunk(chunks: readonly ArrowData[]): ArrowData {
  const [chunk, ...more] = chunks
  return chunk !== undefined && more.length === 0 ? chunk : fail('a batch in pieces')
}

/** Columns may be cut in different places: rows that lie in one piece in each of them, from first to last. */
function* rowsOf(columns: readonly (readonly ArrowData[])[]): Generator<ArrowData[]> {
  const total = rowsIn(columns[0] ?? [])
  if (columns.some((chunks) => rowsIn(chunks) !== total)) fail('columns of different lengths')
  const cursors = columns.map((chunks) => ({ chunks: chunks.filter(({ length }) => length > 0), at: 0, used: 0 }))
  for (let row = 0; row < total; ) {
    const length = Math.min(...cursors.map(({ chunks, at, used }) => (chunks[at]?.length ?? 0) - used))
    yield cursors.map((cursor) => {
      const chunk = cursor.chunks[cursor.at] as ArrowData
      const piece = length === chunk.length ? chunk : chunk.slice(cursor.used, length)
      cursor.used += length
      if (cursor.used === chunk.length) Object.assign(cursor, { at: cursor.at + 1, used: 0 })
      return piece
    })
    row += length
  }
}

function rowsIn(chunks: readonly ArrowData[]): number {
  return chunks.reduce((rows, { length }) => rows + length, 0)
}
