import { type ArrowKind, type ArrowVector, loadArrow } from '../../values/arrow-module.js'
import { writeStream } from '../arrow/ipc-write.js'
import { PyBuffer, type PyObject, pyCall } from '../python.js'

/** A table or batch of Arrow inside other values, as calls that read it; a vector is the one column of a table. */
export function toPyArrow(value: object, kind: ArrowKind): PyObject {
  const arrow = loadArrow()
  if (kind === 'Table') return stream(writeStream(arrow, value), 'read_all')
  if (kind === 'RecordBatch') return stream(writeStream(arrow, [value]), 'read_next_batch')
  const vector = value as ArrowVector
  const schema = new arrow.Schema([new arrow.Field('', vector.type, true)], new Map())
  const type = { typeId: 13, children: schema.fields }
  const batches = vector.data.map((chunk) => {
    const data = new arrow.Data(type, 0, chunk.length, 0, [], [chunk], undefined, [])
    return new arrow.RecordBatch(schema, data, new Map())
  })
  const table = stream(writeStream(arrow, new arrow.Table(schema, batches)), 'read_all')
  return pyCall('pyarrow.lib', 'Table.column', table, 0)
}

function stream(pieces: readonly Uint8Array[], read: 'read_all' | 'read_next_batch'): PyObject {
  const memory = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
  const reader = pyCall('pyarrow.ipc', 'open_stream', new PyBuffer(memory, false))
  return pyCall('pyarrow.ipc', `RecordBatchStreamReader.${read}`, reader)
}
