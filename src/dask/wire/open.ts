import { DecodeError } from '../../errors.js'
import { loadArrow } from '../../values/arrow-module.js'
import { readBatch, readTable } from '../arrow/ipc-read.js'
import { readPickle } from '../pickle/read.js'
import { PyByteArray, PyGlobal, PyOpaque, PyTuple } from '../python.js'
import { arrayOver, dtypeNamed } from '../values/numpy.js'
import { decompress } from './compression.js'
import { type Fields, fieldsOf, listOf, readPlain } from './plain.js'

const NESTED_MAX = 100

/** What these frames say. @throws DecodeError when they say nothing that can be read. */
export function openValue(header: Uint8Array, frames: readonly Uint8Array[]): unknown {
  return openFields(fieldsOf(readPlain(header), 'a header'), frames)
}

/** The same with the header read. */
export function openFields(header: Fields, frames: readonly Uint8Array[]): unknown {
  return open(header, frames, 0)
}

/** The frames as they were before they were compressed and cut. @throws DecodeError. */
export function framesIn(header: Fields, sent: readonly Uint8Array[]): readonly Uint8Array[] {
  return joined(header, decompressed(header, sent))
}

function open(header: Fields, sent: readonly Uint8Array[], depth: number): unknown {
  if (depth > NESTED_MAX) throw new DecodeError(`collections nested deeper than ${NESTED_MAX}`)
  const frames = framesIn(header, sent)
  if (header.get('is-collection') === true) return collection(header, frames, depth)
  switch (header.get('serializer')) {
    case 'pickle':
      return readPickle(frames[0] ?? new Uint8Array(), frames.slice(1))
    case 'msgpack':
      return readPlain(oneOf(frames))
    case 'dask':
      return ofFamily(header, frames)
    case 'error':
      throw new DecodeError(`the sender could not serialise it: ${Buffer.from(oneOf(frames)).toString()}`)
    default:
      throw new DecodeError(`the serializer '${String(header.get('serializer'))}' is not known here`)
  }
}

function decompressed(header: Fields, frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const kinds = header.get('compression')
  if (!Array.isArray(kinds) || kinds.every((kind) => kind === null)) return frames
  return frames.map((frame, i) => decompress(kinds[i], frame))
}

/** Large frames were cut in pieces; a frame that was not is what it is. */
function joined(header: Fields, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const counts = header.get('split-num-sub-frames')
  if (!Array.isArray(counts) || (counts.length === pieces.length && counts.every((count) => count === 1))) return pieces
  const offsets = listOf(header.get('split-offsets'), 'split-offsets')
  return counts.map((count, i) => oneOf(slice(pieces, offsets[i], count)))
}

function slice(frames: readonly Uint8Array[], from: unknown, count: unknown): readonly Uint8Array[] {
  const start = from as number
  const end = start + (count as number)
  if (Number.isSafeInteger(start) && start >= 0 && end >= start && end <= frames.length) return frames.slice(start, end)
  throw new DecodeError('a header names frames that are not there')
}

function oneOf(frames: readonly Uint8Array[]): Uint8Array {
  return frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames)
}

function collection(header: Fields, frames: readonly Uint8Array[], depth: number): unknown {
  const headers = listOf(header.get('sub-headers'), 'sub-headers').map((one) => fieldsOf(one, 'a sub-header'))
  const lengths = listOf(header.get('frame-lengths'), 'frame-lengths')
  let at = 0
  const values = headers.map((one, i) => {
    const own = slice(frames, at, lengths[i])
    at += own.length
    return open(one, own, depth + 1)
  })
  switch (header.get('type-serialized')) {
    case 'list':
      return values
    case 'tuple':
      return new PyTuple(values)
    case 'set':
      return new Set(values)
    case 'dict':
      return new Map(values.map((value, i) => [asKey(headers[i]?.get('key')), value]))
    default:
      throw new DecodeError(`a collection of the kind '${String(header.get('type-serialized'))}'`)
  }
}

/** Msgpack has no tuples: a list cannot have been a key. */
function asKey(key: unknown): unknown {
  return Array.isArray(key) ? new PyTuple(key.map(asKey)) : key
}

function ofFamily(header: Fields, frames: readonly Uint8Array[]): unknown {
  const type = typeOf(header)
  if (type === 'builtins.bytes') return oneOf(frames)
  if (type === 'builtins.bytearray') return new PyByteArray(oneOf(frames))
  if (type === 'pyarrow.lib.Table') return readTable(loadArrow(), oneOf(frames))
  if (type === 'pyarrow.lib.RecordBatch') return readBatch(loadArrow(), oneOf(frames))
  const known = type === 'numpy.ndarray' ? array(fieldsOf(header.get('sub-header'), 'a sub-header'), frames) : undefined
  return known ?? new PyOpaque(type)
}

function typeOf(header: Fields): string {
  const pickle = header.get('type-serialized')
  const type = pickle instanceof Uint8Array ? readPickle(pickle) : undefined
  return type instanceof PyGlobal ? type.toString() : String(header.get('type'))
}

/** Undefined for what `NDArray` has not: objects, texts, dates, records, big endian numbers. */
function array(header: Fields, frames: readonly Uint8Array[]): unknown {
  if (header.get('pickle') === true) return undefined
  const [isPickled, short] = listOf(header.get('dtype'), 'a dtype')
  const dtype = isPickled === 0 && typeof short === 'string' ? dtypeNamed(short) : undefined
  if (dtype === undefined || header.get('matrix') === true) return undefined
  const shape = listOf(header.get('broadcast_to') ?? header.get('shape'), 'a shape')
  return arrayOver(oneOf(frames), dtype, shape, listOf(header.get('strides'), 'strides'))
}
