/** Equality, order and truth of Python's. */
import { PyByteArray, PyFloat, PyFrozenSet, PyTuple } from '../python.js'
import { NotHere } from './errors.js'
import { isNumber } from './numbers.js'

/** `a == b`. @throws NotHere for what we cannot look into. */
export function isEqual(a: unknown, b: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: 1 == 1n, as in Python
  if (isNumber(a) && isNumber(b)) return plain(a) == plain(b)
  if (a === b) return true
  if (kindOf(a) !== kindOf(b)) return false
  if (isList(a) && isList(b)) return areEqual(itemsOf(a), itemsOf(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (typeof a === 'object' && a !== null) throw new NotHere('the comparison of such objects')
  return false
}

/** Negative if `a` is first. @throws NotHere for what has no order here. */
export function order(a: unknown, b: unknown): number {
  if (isNumber(a) && isNumber(b)) return orderNumbers(plain(a), plain(b))
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (!isList(a) || !isList(b) || kindOf(a) !== kindOf(b)) throw new NotHere('the order of such objects')
  const [left, right] = [itemsOf(a), itemsOf(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (!isEqual(left[i], right[i])) return order(left[i], right[i])
  return left.length - right.length
}

/** `bool(value)`. @throws NotHere for what we cannot look into. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false
  if (isNumber(value)) return Number(value) !== 0
  return lengthOf(value) > 0
}

/** `len(value)`. @throws NotHere for what has none here. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  if (value instanceof PyTuple || value instanceof PyFrozenSet) return value.items.length
  if (value instanceof Map || value instanceof Set) return value.size
  if (value instanceof Uint8Array) return value.byteLength
  throw new NotHere('the length of such an object')
}

function orderNumbers(a: number | bigint, b: number | bigint): number {
  // With NaN nothing is in order.
  if (a < b) return -1
  if (a > b) return 1
  return a >= b ? 0 : Number.NaN
}

function plain(value: unknown): number | bigint {
  if (value instanceof PyFloat) return value.value
  return typeof value === 'boolean' ? Number(value) : (value as number | bigint)
}

function isList(value: unknown): value is unknown[] | PyTuple {
  return Array.isArray(value) || value instanceof PyTuple
}

function itemsOf(value: unknown[] | PyTuple): readonly unknown[] {
  return Array.isArray(value) ? value : value.items
}

function areEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => isEqual(item, b[i]))
}

function kindOf(value: unknown): unknown {
  if (value instanceof PyByteArray) return Uint8Array
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value
  return value instanceof Uint8Array ? Uint8Array : value.constructor
}
