import { OptionError } from '../errors.js'
import { type DType, dtypeOf, type ItemOf, isDType, itemKind, type TypedArray } from './dtypes.js'
import { extentOf, isRowMajor, positions, rowMajor, type Shape, sizeOf } from './strided.js'

/** How an NDArray lies over its buffer. */
export interface Layout<D extends DType = DType> {
  /** What the items are. Default: what the typed array has; needed for an ArrayBuffer. */
  dtype?: D
  /** Lengths of the dimensions. Default: one dimension. */
  shape?: Shape
  /** Bytes from one item to the next, per dimension; may be negative or 0. Default: C order. */
  strides?: readonly number[]
  /** Byte of the first item, counted from the beginning of the typed array or buffer. Default 0. */
  offset?: number
}

/** What of a dimension: one index, or `[start, stop, step]` as in Python (`null`: to the end). */
export type Range = number | readonly [start?: number | null, stop?: number | null, step?: number]

/**
 * An n-dimensional array: numpy's dtype, shape and strides over memory that it shares with its views. `slice`,
 * `transposed` and `reshaped` copy nothing where strides can say it.
 */
export class NDArray<D extends DType = DType> {
  readonly dtype: D
  readonly shape: Shape
  /** In bytes. */
  readonly strides: readonly number[]
  /** Byte of the first item in `buffer`. */
  readonly offset: number
  readonly buffer: ArrayBufferLike
  readonly #view: DataView

  /** @throws OptionError when the layout does not fit the memory. */
  constructor(memory: ArrayBufferLike | ArrayBufferView, layout: Layout<D> = {}) {
    const view = ArrayBuffer.isView(memory) ? memory : new Uint8Array(memory)
    this.dtype = layout.dtype ?? (defaultDType(memory) as D)
    if (!isDType(this.dtype)) throw new OptionError('dtype', `there is no '${String(this.dtype)}'`)
    this.shape = [...(layout.shape ?? [Math.floor((view.byteLength - (layout.offset ?? 0)) / this.itemSize)])]
    this.strides = [...(layout.strides ?? rowMajor(this.shape, this.itemSize))]
    this.buffer = view.buffer
    this.offset = view.byteOffset + (layout.offset ?? 0)
    this.#view = new DataView(view.buffer)
    checkLayout(this, view.byteOffset, view.byteOffset + view.byteLength)
  }

  /** Zeros (`false`) in memory of their own. */
  static zeros<D extends DType = 'float64'>(shape: Shape, dtype = 'float64' as D): NDArray<D> {
    return new NDArray<D>(new ArrayBuffer(sizeOf(shape) * itemKind(dtype).itemSize), { dtype, shape })
  }

  get itemSize(): number {
    return itemKind(this.dtype).itemSize
  }

  /** Number of items. */
  get size(): number {
    return sizeOf(this.shape)
  }

  get ndim(): number {
    return this.shape.length
  }

  /** Bytes that the items take when they lie side by side. */
  get nbytes(): number {
    return this.size * this.itemSize
  }

  /** Do the items lie side by side, the last index running fastest? */
  get isContiguous(): boolean {
    return isRowMajor(this.shape, this.strides, this.itemSize)
  }

  /**
   * One item; a negative index counts from the end.
   * @throws RangeError for an index beyond the shape, or too few or many of them.
   */
  get(...index: number[]): ItemOf<D> {
    return itemKind(this.dtype).get(this.#view, this.#position(index))
  }

  /** @throws RangeError as `get`. */
  set(value: ItemOf<D>, ...index: number[]): void {
    itemKind(this.dtype).set(this.#view, this.#position(index), value)
  }

  /** A view: a number takes one place of a dimension and drops it, a range a part; dimensions not named are whole. */
  slice(...ranges: Range[]): NDArray<D> {
    if (ranges.length > this.ndim) throw new RangeError(`${ranges.length} ranges for ${this.ndim} dimensions`)
    let { offset } = this
    const shape: number[] = []
    const strides: number[] = []
    this.shape.forEach((length, i) => {
      const { start, count, step } = resolveRange(ranges[i] ?? [], length)
      const stride = this.strides[i] as number
      if (count !== 0) offset += start * stride
      if (typeof ranges[i] === 'number') return
      shape.push(count)
      strides.push(step * stride)
    })
    return this.#over(shape, strides, offset)
  }

  /** A view whose dimension i is this array's dimension `axes[i]`. Default: all in reverse. */
  transposed(...axes: number[]): NDArray<D> {
    const order = axes.length === 0 ? this.shape.map((_, i) => this.ndim - 1 - i) : axes
    if ([...order].sort((a, b) => a - b).join() !== this.shape.map((_, i) => i).join())
      throw new RangeError(`[${axes}] is no order of ${this.ndim} dimensions`)
    const pick = (of: readonly number[]) => order.map((axis) => of[axis] as number)
    return this.#over(pick(this.shape), pick(this.strides), this.offset)
  }

  /**
   * The same items in another shape: a view if they lie side by side, else a copy. One length may be -1: what is left.
   * @throws RangeError when the number of items differs.
   */
  reshaped(...lengths: number[]): NDArray<D> {
    const known = sizeOf(lengths.filter((length) => length !== -1))
    const shape = lengths.map((length) => (length === -1 ? this.size / known : length))
    if (sizeOf(shape) !== this.size) throw new RangeError(`${this.size} items do not have the shape [${lengths}]`)
    const source = this.isContiguous ? this : this.copy()
    return source.#over(shape, rowMajor(shape, this.itemSize), source.offset)
  }

  /** The same items in memory of their own, side by side. */
  copy(): NDArray<D> {
    const copy = NDArray.zeros(this.shape, this.dtype)
    const { get, set } = itemKind(this.dtype)
    let at = 0
    for (const position of positions(this.shape, this.strides, this.offset)) {
      set(copy.#view, at, get(this.#view, position))
      at += this.itemSize
    }
    return copy
  }

  /**
   * All items, the last index running fastest: a view if they lie side by side and aligned, else a copy. `bool` is a
   * Uint8Array; so is `float16` a Uint16Array of its bits where there is no Float16Array (Node 20 and 22).
   */
  toTypedArray(): TypedArray {
    const { array, itemSize } = itemKind(this.dtype)
    const usable = this.isContiguous && this.offset % itemSize === 0
    const source = usable ? this : this.copy()
    return new array(source.buffer, source.offset, this.size)
  }

  /** Nested arrays, for printing and for JSON; the item itself if there is no dimension. */
  toArray(): unknown {
    if (this.ndim === 0) return this.get()
    return Array.from({ length: this.shape[0] as number }, (_, i) => this.slice(i).toArray())
  }

  #over(shape: Shape, strides: readonly number[], offset: number): NDArray<D> {
    return new NDArray<D>(this.buffer, { dtype: this.dtype, shape, strides, offset })
  }

  #position(index: readonly number[]): number {
    const { shape, strides } = this
    if (index.length !== shape.length) throw new RangeError(`${index.length} indices for ${shape.length} dimensions`)
    let at = this.offset
    for (let i = 0; i < index.length; i++)
      at += placeIn(index[i] as number, shape[i] as number) * (strides[i] as number)
    return at
  }
}

function defaultDType(memory: ArrayBufferLike | ArrayBufferView): DType {
  const dtype = ArrayBuffer.isView(memory) ? dtypeOf(memory) : undefined
  if (dtype === undefined) throw new OptionError('dtype', 'must be given for memory that does not say what it holds')
  return dtype
}

function checkLayout({ shape, strides, offset, itemSize }: NDArray, from: number, to: number): void {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw new OptionError('shape', `[${shape}] are no lengths`)
  if (strides.length !== shape.length || !strides.every(Number.isSafeInteger))
    throw new OptionError('strides', `[${strides}] are no strides for the shape [${shape}]`)
  const { first, end } = extentOf(shape, strides, itemSize)
  const isInside = Number.isSafeInteger(offset) && offset + first >= from && offset + end <= to
  if (!isInside && sizeOf(shape) > 0) throw new OptionError('shape', `[${shape}] does not fit into ${to - from} bytes`)
}

function placeIn(index: number, length: number): number {
  const place = index < 0 ? index + length : index
  if (Number.isInteger(place) && place >= 0 && place < length) return place
  throw new RangeError(`the index ${index} is beyond a dimension of ${length}`)
}

function resolveRange(range: Range, length: number): { start: number; count: number; step: number } {
  if (typeof range === 'number') return { start: placeIn(range, length), count: 1, step: 1 }
  const step = range[2] ?? 1
  if (!Number.isInteger(step) || step === 0) throw new RangeError(`${step} is no step`)
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1]
  const bound = (at: number) => Math.min(Math.max(at < 0 ? at + length : at, low), high)
  const start = range[0] == null ? (step > 0 ? low : high) : bound(range[0])
  const stop = range[1] == null ? (step > 0 ? high : low) : bound(range[1])
  return { start, count: Math.max(Math.ceil((stop - start) / step), 0), step }
}
