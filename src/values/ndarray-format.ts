import type { Decoder } from './decoder.js'
import { isDType } from './dtypes.js'
import type { Encoder } from './encoder.js'
import { EXTRA } from './format.js'
import { NDArray } from './ndarray.js'
import { extentOf } from './strided.js'
import { UINT8_ARRAY } from './view-kinds.js'

/**
 * An NDArray: dtype, number of dimensions, shape, strides, offset, then a view of the bytes that its items lie in. If
 * those are more than twice what the items need, the items go alone, side by side.
 */
export function writeNDArray(encoder: Encoder, array: NDArray): void {
  const { first, end } = extentOf(array.shape, array.strides, array.itemSize)
  const isSparse = array.size === 0 || end - first > 2 * array.nbytes
  const source = isSparse ? array.copy() : array
  const start = isSparse ? 0 : array.offset + first
  encoder.extra(EXTRA.ndarray)
  encoder.text(source.dtype)
  encoder.varint(source.ndim)
  for (const length of source.shape) encoder.varint(length)
  for (const stride of source.strides) encoder.number(stride)
  encoder.varint(source.offset - start)
  encoder.view(UINT8_ARRAY, new Uint8Array(source.buffer, start, isSparse ? source.nbytes : end - first))
}

/** What `writeNDArray` wrote. */
export function readNDArray(decoder: Decoder): NDArray {
  const tell = decoder.meetLater()
  const dtype = decoder.text()
  if (!isDType(dtype)) return decoder.fail(`an array of ${dtype}`)
  const ndim = decoder.count()
  const shape = decoder.list(() => decoder.varint(), ndim)
  const strides = decoder.list(() => readStride(decoder), ndim)
  const offset = decoder.varint()
  const bytes = decoder.viewOf(UINT8_ARRAY) as Uint8Array
  const array = new NDArray(bytes, { dtype, shape, strides, offset })
  tell(array)
  return array
}

function readStride(decoder: Decoder): number {
  const stride = decoder.value()
  return typeof stride === 'number' ? stride : decoder.fail('an array whose strides are no numbers')
}
