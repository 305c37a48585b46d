/**
 * numpy's common ufuncs and reductions, of arrays of float64 and numbers. Other dtypes, and shapes that would have to be
 * broadcast, are Python's affair.
 */
import { NDArray } from '../../values/ndarray.js'
import { PyFloat, type PyObject, pyCall } from '../python.js'
import type { Callable } from './callable.js'
import { NotHere, raise } from './errors.js'
import { toDouble } from './numbers.js'

/** By their names in the module `numpy`. */
export const NUMPY: Readonly<Record<string, Callable>> = {
  negative: unary((x) => -x),
  absolute: unary(Math.abs),
  abs: unary(Math.abs),
  sqrt: unary(Math.sqrt),
  square: unary((x) => x * x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  divide: binary((a, b) => a / b),
  true_divide: binary((a, b) => a / b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  sum: reduction((items) => pairwise(items, 0, items.length)),
  mean: reduction((items) => pairwise(items, 0, items.length) / items.length),
  max: reduction((items) => extreme(items, 'maximum', Math.max)),
  amax: reduction((items) => extreme(items, 'maximum', Math.max)),
  min: reduction((items) => extreme(items, 'minimum', Math.min)),
  amin: reduction((items) => extreme(items, 'minimum', Math.min)),
}

/** Items that are summed one after the other; longer sums are halved, as numpy does, so that little is rounded away. */
const BLOCK = 128

/** Whether an operator on these is numpy's affair. */
export function isArray(value: unknown): value is NDArray {
  return value instanceof NDArray
}

function unary(of: (x: number) => number): Callable {
  return (args, kwargs) => {
    const [array] = args
    if (args.length !== 1 || kwargs.size > 0 || !isArray(array)) return notHere()
    return like(array, itemsOf(array).map(of))
  }
}

function binary(of: (a: number, b: number) => number): Callable {
  return (args, kwargs) => {
    const [a, b] = args
    if (args.length !== 2 || kwargs.size > 0) return notHere()
    if (isArray(a) && isArray(b)) return ofTwo(a, b, of)
    if (isArray(a)) {
      const right = toDouble(b)
      return like(
        a,
        itemsOf(a).map((x) => of(x, right)),
      )
    }
    if (!isArray(b)) return notHere()
    const left = toDouble(a)
    return like(
      b,
      itemsOf(b).map((x) => of(left, x)),
    )
  }
}

function ofTwo(a: NDArray, b: NDArray, of: (a: number, b: number) => number): NDArray {
  if (a.shape.join() !== b.shape.join()) return notHere()
  const right = itemsOf(b)
  return like(
    a,
    itemsOf(a).map((x, i) => of(x, right[i] as number)),
  )
}

/** Over all items, to a scalar of numpy's. */
function reduction(of: (items: Float64Array) => number): Callable {
  return (args, kwargs) => {
    const [array] = args
    if (args.length !== 1 || kwargs.size > 0 || !isArray(array)) return notHere()
    return scalar(of(itemsOf(array)))
  }
}

function scalar(value: number): PyObject {
  return pyCall('numpy', 'float64', new PyFloat(value))
}

function itemsOf(array: NDArray): Float64Array {
  return array.dtype === 'float64' ? (array.toTypedArray() as Float64Array) : notHere()
}

function like(array: NDArray, items: Float64Array): NDArray {
  return new NDArray(items, { shape: array.shape })
}

function pairwise(items: Float64Array, from: number, to: number): number {
  if (to - from > BLOCK) {
    const middle = from + Math.floor((to - from) / 2)
    return pairwise(items, from, middle) + pairwise(items, middle, to)
  }
  let sum = 0
  for (let i = from; i < to; i++) sum += items[i] as number
  return sum
}

function extreme(items: Float64Array, name: string, of: (a: number, b: number) => number): number {
  if (items.length === 0) raise('ValueError', `zero-size array to reduction operation ${name} which has no identity`)
  return items.reduce((best, one) => of(best, one))
}

function notHere(): never {
  throw new NotHere('such an operation of numpy')
}
