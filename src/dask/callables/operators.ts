/** The functions of the module `operator`. */
import { PyTuple } from '../python.js'
import { type Callable, positional } from './callable.js'
import { isEqual, isTrue, lengthOf, order } from './compare.js'
import { NotHere, raise } from './errors.js'
import {
  arithmetic,
  floorDivide,
  int,
  isFloat,
  isInt,
  isNumber,
  power,
  remainder,
  toDouble,
  trueDivide,
} from './numbers.js'

/** By their names. */
export const OPERATORS: Readonly<Record<string, Callable>> = {
  add: binary(add),
  sub: binary((a, b) =>
    arithmetic(
      a,
      b,
      (x, y) => x - y,
      (x, y) => x - y,
    ),
  ),
  mul: binary(multiply),
  truediv: binary(trueDivide),
  floordiv: binary(floorDivide),
  mod: binary((a, b) => (isNumber(a) ? remainder(a, b) : notHere())),
  pow: binary(power),
  neg: unary(negative),
  pos: unary((a) => (isNumber(a) ? (isInt(a) ? int(a) : a) : notHere())),
  abs: unary((a) => absolute(a)),
  and_: binary((a, b) => bits(a, b, (x, y) => x & y)),
  or_: binary((a, b) => bits(a, b, (x, y) => x | y)),
  xor: binary((a, b) => bits(a, b, (x, y) => x ^ y)),
  eq: binary(isEqual),
  ne: binary((a, b) => !isEqual(a, b)),
  lt: binary((a, b) => order(a, b) < 0),
  le: binary((a, b) => order(a, b) <= 0),
  gt: binary((a, b) => order(a, b) > 0),
  ge: binary((a, b) => order(a, b) >= 0),
  not_: unary((a) => !isTrue(a)),
  truth: unary(isTrue),
  concat: binary((a, b) => (isNumber(a) ? notHere() : add(a, b))),
  contains: binary(contains),
  getitem: binary(getItem),
}

/** `abs(a)`. */
export function absolute(a: unknown): unknown {
  if (!isNumber(a)) return notHere()
  const isNegative = isFloat(a) ? toDouble(a) < 0 || Object.is(toDouble(a), -0) : Number(a) < 0
  return isNegative ? negative(a) : isInt(a) ? int(a) : a
}

/** `a + b`. */
export function add(a: unknown, b: unknown): unknown {
  if (isNumber(a) && isNumber(b))
    return arithmetic(
      a,
      b,
      (x, y) => x + y,
      (x, y) => x + y,
    )
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (a instanceof PyTuple && b instanceof PyTuple) return new PyTuple([...a.items, ...b.items])
  if (typeof a === 'string' && isNumber(b)) raise('TypeError', `can only concatenate str (not "${nameOf(b)}") to str`)
  if (isNumber(a) && typeof b === 'string')
    raise('TypeError', `unsupported operand type(s) for +: '${nameOf(a)}' and 'str'`)
  return notHere()
}

/** `container[index]`. */
export function getItem(container: unknown, index: unknown): unknown {
  if (container instanceof Map) return valueAt(container, index)
  if (!isInt(index)) return notHere()
  if (typeof container === 'string') return itemAt([...container], Number(index), 'string')
  if (container instanceof Uint8Array) return itemAt([...container], Number(index), '')
  if (container instanceof PyTuple) return itemAt(container.items, Number(index), 'tuple')
  return Array.isArray(container) ? itemAt(container, Number(index), 'list') : notHere()
}

function binary(call: (a: unknown, b: unknown) => unknown): Callable {
  return positional(2, 2, call as (...args: unknown[]) => unknown)
}

function unary(call: (a: unknown) => unknown): Callable {
  return positional(1, 1, call)
}

function multiply(a: unknown, b: unknown): unknown {
  if (isNumber(a) && isNumber(b))
    return arithmetic(
      a,
      b,
      (x, y) => x * y,
      (x, y) => x * y,
    )
  if (isInt(a)) return repeat(b, Number(a))
  return isInt(b) ? repeat(a, Number(b)) : notHere()
}

function repeat(sequence: unknown, times: number): unknown {
  const count = Math.max(0, times)
  if (count * lengthOf(sequence) > 1e6) return notHere()
  if (typeof sequence === 'string') return sequence.repeat(count)
  if (Array.isArray(sequence)) return Array.from({ length: count }, () => sequence).flat()
  return notHere()
}

function negative(a: unknown): unknown {
  if (isInt(a)) return int(-BigInt(a))
  return arithmetic(
    a,
    -1,
    (x, y) => x * y,
    (x, y) => x * y,
  )
}

function bits(a: unknown, b: unknown, combine: (a: bigint, b: bigint) => bigint): unknown {
  if (!isInt(a) || !isInt(b)) return notHere()
  const both = int(combine(BigInt(a), BigInt(b)))
  return typeof a === 'boolean' && typeof b === 'boolean' ? both === 1 : both
}

function contains(container: unknown, item: unknown): boolean {
  if (typeof container === 'string' && typeof item === 'string') return container.includes(item)
  if (Array.isArray(container)) return container.some((one) => isEqual(one, item))
  if (container instanceof PyTuple) return container.items.some((one) => isEqual(one, item))
  const isPlain = typeof item === 'string' || (typeof item === 'number' && Number.isInteger(item))
  if ((container instanceof Map || container instanceof Set) && isPlain) return container.has(item)
  return notHere()
}

function valueAt(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (typeof key !== 'string' && typeof key !== 'number') return notHere()
  return map.has(key) ? map.get(key) : raise('KeyError', typeof key === 'string' ? `'${key}'` : String(key))
}

function itemAt(items: readonly unknown[], index: number, name: string): unknown {
  const at = index < 0 ? index + items.length : index
  return at >= 0 && at < items.length ? items[at] : raise('IndexError', `${name} index out of range`.trim())
}

function nameOf(value: unknown): string {
  if (isFloat(value)) return 'float'
  return typeof value === 'boolean' ? 'bool' : 'int'
}

function notHere(): never {
  throw new NotHere('an operator on such objects')
}
