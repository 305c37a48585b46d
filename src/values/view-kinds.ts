/** One of the ways to look at bytes. */
interface ViewKind {
  readonly prototype: object
  readonly itemSize: number
  readonly make: (buffer: ArrayBufferLike, offset: number, nbytes: number) => object
}

interface TypedArrayConstructor {
  readonly prototype: object
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, offset: number, length: number): object
}

function typedArray(Class: TypedArrayConstructor): ViewKind {
  const itemSize = Class.BYTES_PER_ELEMENT
  const make: ViewKind['make'] = (buffer, offset, nbytes) => new Class(buffer, offset, nbytes / itemSize)
  return { prototype: Class.prototype, itemSize, make }
}

/** Node 20 and 22 have none: there its values cannot come up, and bytes that name it are refused. */
const float16 = (globalThis as { Float16Array?: TypedArrayConstructor }).Float16Array

/** The place in this list is the kind's number in heads: append only, sixteen at most. */
export const VIEW_KINDS: readonly ViewKind[] = [
  { prototype: ArrayBuffer.prototype, itemSize: 1, make: (buffer) => buffer },
  {
    prototype: DataView.prototype,
    itemSize: 1,
    make: (buffer, offset, nbytes) => new DataView(buffer, offset, nbytes),
  },
  { prototype: Buffer.prototype, itemSize: 1, make: (buffer, offset, nbytes) => Buffer.from(buffer, offset, nbytes) },
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(typedArray),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(typedArray),
  ...(float16 === undefined ? [] : [typedArray(float16)]),
]

/** The number of ArrayBuffer itself. */
export const ARRAY_BUFFER = 0
/** The number of Node's Buffer. */
export const BUFFER = 2
/** The number of Uint8Array. */
export const UINT8_ARRAY = 4

const KIND_OF = new Map(VIEW_KINDS.map((kind, number) => [kind.prototype, number]))

/** The number of the kind of objects with this prototype; undefined: they are no bytes. */
export function viewKindOf(prototype: object): number | undefined {
  return KIND_OF.get(prototype)
}

/** The bytes that a view (or a whole ArrayBuffer) shows. */
export function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** Was its memory transferred away? (Node 20 has no `detached` to ask.) */
export function isDetached(value: ArrayBuffer | ArrayBufferView): boolean {
  try {
    return value.byteLength === 0 && bytesOf(value).byteLength > 0
  } catch {
    return true
  }
}

/** Bytes of one item. */
export function itemSizeOf(kind: number): number {
  return VIEW_KINDS[kind]?.itemSize ?? 1
}
