import { type ArrowKind, arrowKindOf, loadArrow } from '../../values/arrow-module.js'
import { NDArray } from '../../values/ndarray.js'
import { writeStream } from '../arrow/ipc-write.js'
import { writePickle } from '../pickle/write.js'
import { PyGlobal } from '../python.js'
import { asArray, memoryOf, NDARRAY_CLASS, shortDType } from '../values/numpy.js'
import { toPython } from '../values/to-python.js'
import { writePlain } from './plain.js'

const NDARRAY = writePickle(NDARRAY_CLASS).bytes
const BYTES = writePickle(new PyGlobal('builtins', 'bytes')).bytes

/** A header and its frames. */
export interface Serialized {
  readonly header: Uint8Array
  readonly frames: readonly Uint8Array[]
}

/**
 * A value as Dask's nodes send it: arrays and bytes as they lie in memory, everything else as a pickle with its arrays
 * beside it.
 * @throws CloneError for what Python cannot have.
 */
export function toSerialized(value: unknown): Serialized {
  if (value instanceof Uint8Array) {
    return { header: writePlain(familyHeader('bytes', BYTES, {})), frames: [value] }
  }
  const array = typeof value === 'object' && value !== null ? arrayIn(value) : undefined
  if (array !== undefined) return arrayFrames(array)
  const kind = typeof value === 'object' && value !== null ? arrowKindOf(value) : undefined
  if (kind === 'Table' || kind === 'RecordBatch') return arrowFrames(value as object, kind)
  const { bytes, buffers } = writePickle(value, toPython)
  return { header: pickleHeader(buffers), frames: [bytes, ...buffers.map((buffer) => buffer.bytes)] }
}

/** The header of a pickle with these buffers. */
export function pickleHeader(buffers: readonly { readonly readonly: boolean }[]): Uint8Array {
  const writeable = buffers.map((buffer) => !buffer.readonly)
  return writePlain({ serializer: 'pickle', writeable, 'num-sub-frames': 1 + buffers.length })
}

function arrayIn(value: object): NDArray | undefined {
  return ArrayBuffer.isView(value) ? asArray(value) : value instanceof NDArray ? value : undefined
}

function arrayFrames(array: NDArray): Serialized {
  const dense = array.isContiguous ? array : array.copy()
  const { shape, strides } = dense
  const layout = { dtype: [0, shortDType(dense.dtype)], shape: [...shape], strides: [...strides], writeable: [true] }
  return { header: writePlain(familyHeader('numpy.ndarray', NDARRAY, layout)), frames: [memoryOf(dense)] }
}

/** One frame, cut in pieces where large buffers begin and end; whoever reads it joins them, if need be. */
function arrowFrames(value: object, kind: ArrowKind): { header: Uint8Array; frames: readonly Uint8Array[] } {
  const frames = writeStream(loadArrow(), kind === 'Table' ? value : [value])
  const type = writePickle(new PyGlobal('pyarrow.lib', kind)).bytes
  const header = familyHeader(`pyarrow.lib.${kind}`, type, {})
  const pieces = { 'num-sub-frames': frames.length, 'split-num-sub-frames': [frames.length], 'split-offsets': [0] }
  return { header: writePlain({ ...header, ...pieces }), frames }
}

function familyHeader(type: string, pickle: Uint8Array, subHeader: object): object {
  return { serializer: 'dask', type, 'type-serialized': pickle, 'sub-header': subHeader, 'num-sub-frames': 1 }
}
