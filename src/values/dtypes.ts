import { fromHalf, toHalf } from './half.js'

/** How items lie in memory, one kind of item in numpy's words. All are little endian. */
interface ItemKind<T> {
  readonly itemSize: number
  readonly get: (view: DataView, at: number) => T
  readonly set: (view: DataView, at: number, value: T) => void
  readonly array: TypedArrayClass
}

export interface TypedArrayClass {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/** Any of JavaScript's typed arrays. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

type Getter = (view: DataView, at: number) => number
type Setter = (view: DataView, at: number, value: number) => void

function numbers(array: TypedArrayClass, get: Getter, set: Setter): ItemKind<number> {
  return { itemSize: array.BYTES_PER_ELEMENT, array, get, set }
}

function bigints(array: TypedArrayClass, get: (view: DataView, at: number) => bigint): ItemKind<bigint> {
  return { itemSize: 8, array, get, set: (view, at, value) => view.setBigInt64(at, BigInt.asIntN(64, value), true) }
}

const FLOAT16 = (globalThis as { Float16Array?: TypedArrayClass }).Float16Array ?? Uint16Array

/** Every dtype there is. */
export const DTYPES = {
  bool: {
    itemSize: 1,
    array: Uint8Array,
    get: (view, at) => view.getUint8(at) !== 0,
    set: (view, at, value) => view.setUint8(at, value ? 1 : 0),
  } as ItemKind<boolean>,
  int8: numbers(
    Int8Array,
    (v, at) => v.getInt8(at),
    (v, at, x) => v.setInt8(at, x),
  ),
  uint8: numbers(
    Uint8Array,
    (v, at) => v.getUint8(at),
    (v, at, x) => v.setUint8(at, x),
  ),
  int16: numbers(
    Int16Array,
    (v, at) => v.getInt16(at, true),
    (v, at, x) => v.setInt16(at, x, true),
  ),
  uint16: numbers(
    Uint16Array,
    (v, at) => v.getUint16(at, true),
    (v, at, x) => v.setUint16(at, x, true),
  ),
  int32: numbers(
    Int32Array,
    (v, at) => v.getInt32(at, true),
    (v, at, x) => v.setInt32(at, x, true),
  ),
  uint32: numbers(
    Uint32Array,
    (v, at) => v.getUint32(at, true),
    (v, at, x) => v.setUint32(at, x, true),
  ),
  int64: bigints(BigInt64Array, (v, at) => v.getBigInt64(at, true)),
  uint64: bigints(BigUint64Array, (v, at) => v.getBigUint64(at, true)),
  float16: numbers(
    FLOAT16,
    (v, at) => fromHalf(v.getUint16(at, true)),
    (v, at, x) => v.setUint16(at, toHalf(x), true),
  ),
  float32: numbers(
    Float32Array,
    (v, at) => v.getFloat32(at, true),
    (v, at, x) => v.setFloat32(at, x, true),
  ),
  float64: numbers(
    Float64Array,
    (v, at) => v.getFloat64(at, true),
    (v, at, x) => v.setFloat64(at, x, true),
  ),
} satisfies Record<string, object>

/** Names of numpy's types of items. */
export type DType = keyof typeof DTYPES

/** What one item is in JavaScript: a bigint for 64-bit integers, a boolean for `bool`, else a number. */
export type ItemOf<D extends DType> = D extends 'bool' ? boolean : D extends 'int64' | 'uint64' ? bigint : number

/** How items of this dtype lie in memory. */
export function itemKind<D extends DType>(dtype: D): ItemKind<ItemOf<D>> {
  return DTYPES[dtype] as unknown as ItemKind<ItemOf<D>>
}

/** Is that a dtype that we have? */
export function isDType(name: string): name is DType {
  return Object.hasOwn(DTYPES, name)
}

const OF_ARRAY = new Map<unknown, DType>([
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Buffer, 'uint8'],
  [Uint8ClampedArray, 'uint8'],
  [Int16Array, 'int16'],
  [Uint16Array, 'uint16'],
  [Int32Array, 'int32'],
  [Uint32Array, 'uint32'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
])

/** The dtype that a typed array's items have. */
export function dtypeOf(array: ArrayBufferView): DType | undefined {
  if (FLOAT16 !== Uint16Array && array.constructor === FLOAT16) return 'float16'
  return OF_ARRAY.get(array.constructor)
}
