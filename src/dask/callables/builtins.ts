/** Python's builtin functions. */
import { PyFloat, PyFrozenSet, PyTuple } from '../python.js'
import { type Callable, positional } from './callable.js'
import { isTrue, lengthOf, order } from './compare.js'
import { NotHere, raise } from './errors.js'
import { float, floorDivide, int, isFloat, isInt, isNumber, power, remainder, toDouble } from './numbers.js'
import { absolute, add } from './operators.js'

/** By their names. */
export const BUILTINS: Readonly<Record<string, Callable>> = {
  abs: positional(1, 1, absolute),
  all: positional(1, 1, (items) => itemsOf(items).every(isTrue)),
  any: positional(1, 1, (items) => itemsOf(items).some(isTrue)),
  bool: positional(0, 1, isTrue),
  dict: positional(0, 1, (from) => (from === undefined ? new Map() : from instanceof Map ? new Map(from) : notHere())),
  divmod: positional(2, 2, (a, b) => new PyTuple([floorDivide(a, b), remainder(a, b)])),
  float: positional(0, 1, (value = 0) => (isNumber(value) ? float(toDouble(value)) : notHere())),
  int: positional(0, 1, (value = 0) => toInt(value)),
  len: positional(1, 1, lengthOf),
  list: positional(0, 1, (items = []) => [...itemsOf(items)]),
  max: extreme('max', (a, b) => order(b, a) > 0),
  min: extreme('min', (a, b) => order(b, a) < 0),
  pow: positional(2, 2, power),
  sorted,
  sum,
  tuple: positional(0, 1, (items = []) => new PyTuple([...itemsOf(items)])),
}

/** What a loop over it would give. @throws NotHere for iterators and objects. */
function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value instanceof PyTuple || value instanceof PyFrozenSet) return value.items
  if (value instanceof Set) return [...value]
  if (value instanceof Map) return [...value.keys()]
  if (typeof value === 'string') return [...value]
  return value instanceof Uint8Array ? [...value] : notHere()
}

function toInt(value: unknown): unknown {
  if (isInt(value)) return int(value)
  if (!isFloat(value)) return notHere()
  const double = value instanceof PyFloat ? value.value : value
  if (Number.isNaN(double)) raise('ValueError', 'cannot convert float NaN to integer')
  if (!Number.isFinite(double)) raise('OverflowError', 'cannot convert float infinity to integer')
  return int(BigInt(Math.trunc(double)))
}

function sum(args: readonly unknown[], kwargs: ReadonlyMap<unknown, unknown>): unknown {
  const [items, first = kwargs.get('start') ?? 0] = args
  if (args.length < 1 || args.length > 2 || [...kwargs.keys()].some((name) => name !== 'start')) return notHere()
  return itemsOf(items).reduce(add, first)
}

function sorted(args: readonly unknown[], kwargs: ReadonlyMap<unknown, unknown>): unknown {
  if (args.length !== 1 || [...kwargs.keys()].some((name) => name !== 'reverse')) return notHere()
  const items = [...itemsOf(args[0])]
  return isTrue(kwargs.get('reverse')) ? items.sort((a, b) => order(b, a)) : items.sort(order)
}

/** The first of those that no other goes before. */
function extreme(name: string, isBefore: (best: unknown, one: unknown) => boolean): Callable {
  return (args, kwargs) => {
    if (kwargs.size > 0 || args.length === 0) return notHere()
    const items = args.length === 1 ? itemsOf(args[0]) : args
    if (items.length === 0) raise('ValueError', `${name}() iterable argument is empty`)
    return items.reduce((best, one) => (isBefore(best, one) ? one : best))
  }
}

function notHere(): never {
  throw new NotHere('a builtin on such objects')
}
