/** Shapes and strides as numpy has them; strides are in bytes. */
export type Shape = readonly number[]

/** Number of items. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** Strides of an array whose last dimension is contiguous. */
export function rowMajor(shape: Shape, itemSize: number): number[] {
  const strides = new Array<number>(shape.length)
  let stride = itemSize
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= Math.max(shape[i] as number, 1)
  }
  return strides
}

/** Do items lie side by side, the last index running fastest? */
export function isRowMajor(shape: Shape, strides: readonly number[], itemSize: number): boolean {
  const wanted = rowMajor(shape, itemSize)
  return sizeOf(shape) === 0 || shape.every((length, i) => length === 1 || strides[i] === wanted[i])
}

/** The bytes around `offset` that items lie in: from the first to behind the last. */
export function extentOf(shape: Shape, strides: readonly number[], itemSize: number): { first: number; end: number } {
  if (sizeOf(shape) === 0) return { first: 0, end: 0 }
  let first = 0
  let last = 0
  shape.forEach((length, i) => {
    const reach = (length - 1) * (strides[i] as number)
    if (reach < 0) first += reach
    else last += reach
  })
  return { first, end: last + itemSize }
}

/** Byte positions of all items, the last index running fastest. */
export function* positions(shape: Shape, strides: readonly number[], start: number): Generator<number> {
  if (shape.length === 0) return yield start
  const [length, ...inner] = shape as [number, ...number[]]
  const [stride, ...innerStrides] = strides as [number, ...number[]]
  for (let i = 0; i < length; i++) yield* positions(inner, innerStrides, start + i * stride)
}
