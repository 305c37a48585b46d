import {
  type ArrowBatch,
  type ArrowData,
  type ArrowKind,
  type ArrowSchema,
  type ArrowTable,
  type ArrowVector,
  isDictionary,
} from './arrow-module.js'
import { writeSchema, writeType } from './arrow-schema.js'
import type { Encoder } from './encoder.js'
import { EXTRA, FLAG_ARROW } from './format.js'
import { viewKindOf } from './view-kinds.js'

/*
 * An Arrow table, batch or vector: its kind, its schema (a vector: its type), number of batches (or chunks), then each as
 * a tree of data. A data: length, offset, nulls, a byte that says which buffers there are, the buffers as views, its
 * children (as many as its type has), its dictionary (as a vector). Each buffer lies on its own, as it is: no IPC
 * stream is made, and none is read.
 */

/** Their numbers in heads. */
export const ARROW_KIND: Readonly<Record<ArrowKind, number>> = { Table: 0, RecordBatch: 1, Vector: 2 }

/** A table, batch or vector, of whichever copy of apache-arrow. */
export function writeArrow(encoder: Encoder, value: object, kind: ArrowKind): void {
  encoder.flag(FLAG_ARROW)
  encoder.extra(EXTRA.arrow)
  encoder.byte(ARROW_KIND[kind])
  if (kind === 'Vector') writeVector(encoder, value as ArrowVector)
  else if (kind === 'Table') writeBatches(encoder, (value as ArrowTable).schema, (value as ArrowTable).batches)
  else writeBatches(encoder, (value as ArrowBatch).schema, [value as ArrowBatch])
}

function writeBatches(encoder: Encoder, schema: ArrowSchema, batches: readonly ArrowBatch[]): void {
  writeSchema(encoder, schema)
  encoder.varint(batches.length)
  for (const batch of batches) {
    encoder.value(batch.metadata?.size > 0 ? batch.metadata : null)
    writeData(encoder, batch.data)
  }
}

function writeVector(encoder: Encoder, vector: ArrowVector): void {
  writeType(encoder, vector.type)
  encoder.varint(vector.data.length)
  for (const chunk of vector.data) writeData(encoder, chunk)
}

function writeData(encoder: Encoder, data: ArrowData): void {
  const buffers = [data.valueOffsets, data.values, data.nullBitmap, data.typeIds]
  encoder.varint(data.length)
  encoder.varint(data.offset)
  encoder.varint(data.nullCount)
  encoder.byte(
    buffers.reduce((bits, buffer, i) => (buffer === undefined || buffer === null ? bits : bits | (1 << i)), 0),
  )
  for (const buffer of buffers) if (buffer !== undefined && buffer !== null) writeBuffer(encoder, buffer)
  writeVariadic(encoder, data.variadicBuffers ?? [])
  encoder.varint(data.children.length)
  for (const child of data.children) writeData(encoder, child)
  if (isDictionary(data.type)) encoder.value(data.dictionary)
}

function writeVariadic(encoder: Encoder, buffers: readonly ArrayBufferView[]): void {
  encoder.varint(buffers.length)
  for (const buffer of buffers) writeBuffer(encoder, buffer)
}

function writeBuffer(encoder: Encoder, buffer: ArrayBufferView): void {
  const kind = viewKindOf(Object.getPrototypeOf(buffer))
  if (kind === undefined) throw new TypeError('a buffer of an Arrow table that is no typed array')
  encoder.view(kind, buffer, true)
}
