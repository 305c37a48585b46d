/**
 * Arithmetic as Python has it. Integers are numbers up to 2^53 and bigints beyond, True and False are 1 and 0; floats are
 * numbers that are no integers, and `PyFloat`.
 */
import { PyFloat } from '../python.js'
import { NotHere, raise } from './errors.js'

/** An integer of any size. */
type Int = number | bigint

/** Is it a float? NaN and the infinities are. */
export function isFloat(value: unknown): value is number | PyFloat {
  return value instanceof PyFloat || (typeof value === 'number' && !Number.isInteger(value))
}

/** Is it an integer, or a bool, which is one? */
export function isInt(value: unknown): value is Int | boolean {
  return (
    typeof value === 'bigint' || typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value))
  )
}

/** Is it any of these? */
export function isNumber(value: unknown): boolean {
  return isFloat(value) || isInt(value)
}

/** As a double. */
export function toDouble(value: unknown): number {
  if (!isNumber(value)) throw new NotHere('arithmetic of what is no number')
  const double = Number(value)
  if (typeof value === 'bigint' && !Number.isFinite(double)) raise('OverflowError', 'int too large to convert to float')
  return double
}

/** A float, as it is told from an integer. */
export function float(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value
}

/** As a number where that is exact. */
export function int(value: Int | boolean): Int {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return value + 0
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** Of two integers exactly, else of two doubles. */
export function arithmetic(
  a: unknown,
  b: unknown,
  ofInts: (a: bigint, b: bigint) => bigint,
  ofDoubles: (a: number, b: number) => number,
): unknown {
  if (!isInt(a) || !isInt(b)) return float(ofDoubles(toDouble(a), toDouble(b)))
  const quick = ofDoubles(Number(a), Number(b))
  if (Number.isSafeInteger(quick) && isSmall(a) && isSmall(b)) return quick + 0
  return int(ofInts(BigInt(a), BigInt(b)))
}

function isSmall(value: Int | boolean): boolean {
  return typeof value === 'boolean' || (typeof value === 'number' && Math.abs(value) < 2 ** 53)
}

/** `a / b`. */
export function trueDivide(a: unknown, b: unknown): unknown {
  const divisor = toDouble(b)
  if (divisor === 0) raise('ZeroDivisionError', isInt(a) && isInt(b) ? 'division by zero' : 'float division by zero')
  if (typeof a === 'bigint' || typeof b === 'bigint') throw new NotHere('the division of large integers')
  return float(toDouble(a) / divisor)
}

/** `a // b`, downwards. */
export function floorDivide(a: unknown, b: unknown): unknown {
  if (Number(b) === 0)
    raise(
      'ZeroDivisionError',
      isInt(a) && isInt(b) ? 'integer division or modulo by zero' : 'float floor division by zero',
    )
  if (isInt(a) && isInt(b)) return int(floorOf(BigInt(a), BigInt(b)))
  const [x, y] = [toDouble(a), toDouble(b)]
  return float((x - modulo(x, y)) / y)
}

/** `a % b`, with the sign of `b`. */
export function remainder(a: unknown, b: unknown): unknown {
  if (Number(b) === 0) raise('ZeroDivisionError', isInt(a) && isInt(b) ? 'integer modulo by zero' : 'float modulo')
  if (isInt(a) && isInt(b)) return int(BigInt(a) - floorOf(BigInt(a), BigInt(b)) * BigInt(b))
  return float(modulo(toDouble(a), toDouble(b)))
}

function floorOf(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

function modulo(a: number, b: number): number {
  const rest = a % b
  if (rest === 0) return b < 0 ? -0 : 0
  return rest < 0 !== b < 0 ? rest + b : rest
}

/** `a ** b`. */
export function power(a: unknown, b: unknown): unknown {
  if (isInt(a) && isInt(b)) {
    if (Number(b) >= 0) return intPower(BigInt(a), BigInt(b))
    if (Number(a) === 0) raise('ZeroDivisionError', '0.0 cannot be raised to a negative power')
  }
  const [x, y] = [toDouble(a), toDouble(b)]
  if (x === 0 && y < 0) raise('ZeroDivisionError', '0.0 cannot be raised to a negative power')
  if (x < 0 && !Number.isInteger(y)) throw new NotHere('a power that is a complex number')
  // JavaScript's is NaN, Python's 1.
  if (x === 1 || y === 0) return float(1)
  return float(x ** y)
}

function intPower(a: bigint, b: bigint): Int {
  const bits = a < 0n ? (-a).toString(2).length : a.toString(2).length
  if (bits * Number(b) > 1e6) throw new NotHere('a power of so many digits')
  return int(a ** b)
}
