/** numpy's arrays and scalars as `NDArray`s and back, over the same memory. */
import type { DType } from '../../values/dtypes.js'
import { dtypeOf, itemKind } from '../../values/dtypes.js'
import { NDArray } from '../../values/ndarray.js'
import { PyBuffer, PyFloat, PyGlobal, PyObject, PyTuple, pyCall } from '../python.js'
import { bytesIn } from './old-forms.js'

/** numpy's short names, which say kind and bytes of an item. */
const SHORT: Readonly<Record<DType, string>> = {
  bool: '|b1',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  uint16: '<u2',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  uint64: '<u8',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
}
const BY_SHORT = new Map(Object.entries(SHORT).map(([dtype, short]) => [short, dtype as DType]))

/** Modules of numpy 1 and 2, and the classes and functions in them that make arrays. */
const CORE = /^numpy(\.core|\._core)?(\.(numeric|multiarray))?\.(_frombuffer|_reconstruct|scalar|ndarray|dtype)$/

/** `<f8`, as numpy writes it. */
export function shortDType(dtype: DType): string {
  return SHORT[dtype]
}

/** The dtype of that short name; undefined for big endian ones, dates, texts, records: those stay closed. */
export function dtypeNamed(short: string): DType | undefined {
  return BY_SHORT.get(short) ?? (short.startsWith('=') ? BY_SHORT.get(`<${short.slice(1)}`) : undefined)
}

/** The array over this memory; undefined when the memory does not hold such a one. */
export function arrayOver(
  memory: Uint8Array,
  dtype: DType,
  shape: readonly unknown[],
  strides?: readonly unknown[],
): NDArray | undefined {
  if (!shape.every(isLength)) return undefined
  if (strides !== undefined && !strides.every(Number.isSafeInteger)) return undefined
  try {
    return new NDArray(memory, { dtype, shape, ...(strides && { strides: strides as number[] }) })
  } catch {
    return undefined
  }
}

/** What numpy's own pickles say, as an array or, for a scalar, its item; undefined: it is none of these. */
export function fromNumpy(object: PyObject): unknown {
  const maker = CORE.exec(object.maker ?? '')?.[4]
  const args = object.args instanceof PyTuple ? object.args.items : []
  if (object.maker === 'numpy.float64') return args[0] instanceof PyFloat ? args[0].value : args[0]
  if (maker === '_frombuffer') return fromBuffer(args)
  if (maker === '_reconstruct') return fromState(object.state)
  if (maker === 'ndarray' && object.making === 'call') return fromConstructor(args)
  return maker === 'scalar' ? scalarOf(args) : undefined
}

/** The array as a call that makes it, on any numpy. */
export function toNumpy(array: NDArray | ArrayBufferView): PyObject | undefined {
  const source = asArray(array)
  if (source === undefined) return undefined
  const dense = source.isContiguous ? source : source.copy()
  const memory = new PyBuffer(memoryOf(dense), false)
  return pyCall('numpy', 'ndarray', new PyTuple(dense.shape), SHORT[dense.dtype], memory)
}

/** A typed array as an array of one dimension. */
export function asArray(array: NDArray | ArrayBufferView): NDArray | undefined {
  if (array instanceof NDArray) return array
  return dtypeOf(array) === undefined ? undefined : new NDArray(array)
}

/** The bytes of an array whose items lie side by side. */
export function memoryOf(dense: NDArray): Uint8Array {
  return new Uint8Array(dense.buffer, dense.offset, dense.nbytes)
}

/** Strides of an array whose first index runs fastest. */
export function columnMajor(shape: readonly number[], itemSize: number): number[] {
  let stride = itemSize
  return shape.map((length) => {
    const own = stride
    stride *= Math.max(length, 1)
    return own
  })
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** `numpy.dtype('f8', False, True)` with the state `(3, '<', …)`. */
function dtypeIn(value: unknown): DType | undefined {
  if (typeof value === 'string') return dtypeNamed(value)
  if (!(value instanceof PyObject) || value.maker !== 'numpy.dtype') return undefined
  const name = itemAt(value.args, 0)
  const order = value.state === undefined ? '|' : itemAt(value.state, 1)
  if (typeof name !== 'string' || typeof order !== 'string') return undefined
  return dtypeNamed(order + name) ?? (order === '|' ? dtypeNamed(`<${name}`) : undefined)
}

/** `_frombuffer(buffer, dtype, shape, order)`; newer ones say the order of axes, which we leave alone. */
function fromBuffer([memory, type, shape, order]: readonly unknown[]): NDArray | undefined {
  return arrayOf(bytesIn(memory), dtypeIn(type), shape, order === 'F', order === 'C' || order === 'F')
}

/** `(version, shape, dtype, is column major, bytes)`. */
function fromState(state: unknown): NDArray | undefined {
  const [, shape, type, isColumnMajor, memory] = state instanceof PyTuple ? state.items : []
  return arrayOf(bytesIn(memory), dtypeIn(type), shape, isColumnMajor === true, true)
}

function fromConstructor([shape, type, memory, ...rest]: readonly unknown[]): NDArray | undefined {
  return arrayOf(bytesIn(memory), dtypeIn(type), shape, false, rest.length === 0)
}

function arrayOf(
  memory: Uint8Array | undefined,
  dtype: DType | undefined,
  shape: unknown,
  isColumnMajor: boolean,
  isKnown: boolean,
): NDArray | undefined {
  if (memory === undefined || dtype === undefined || !isKnown || !(shape instanceof PyTuple)) return undefined
  if (!shape.items.every(isLength)) return undefined
  const strides = isColumnMajor ? columnMajor(shape.items as number[], itemKind(dtype).itemSize) : undefined
  return arrayOver(memory, dtype, shape.items, strides)
}

function scalarOf([type, memory]: readonly unknown[]): unknown {
  const dtype = dtypeIn(type)
  const bytes = bytesIn(memory)
  if (dtype === undefined || bytes === undefined) return undefined
  return arrayOver(bytes, dtype, [])?.get()
}

function itemAt(value: unknown, index: number): unknown {
  return value instanceof PyTuple ? value.items[index] : undefined
}

/** The class itself, as headers name it. */
export const NDARRAY_CLASS = new PyGlobal('numpy', 'ndarray')
