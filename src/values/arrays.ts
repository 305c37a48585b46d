import { inspect } from 'node:util'

const BRIEFLY = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Number.POSITIVE_INFINITY }
/** Up to this length listing an array's keys costs less than asking for its looks. */
const SHORT = 128

/** Is there an element in every place, and nothing else (a property `index`, for instance)? */
export function hasOnlyElements(values: readonly unknown[]): boolean {
  const { length } = values
  if (length <= SHORT) return Object.keys(values).length === length && (length === 0 || isDense(values))
  return isDense(values) && looksPlain(values)
}

function isDense(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] === undefined && !Object.hasOwn(values, i)) return false
  return true
}

/**
 * Listing the keys of a long array would make a string of every index. What it looks like says the same in no time;
 * where it looks different from what we know, the slow way decides.
 */
function looksPlain(values: readonly unknown[]): boolean {
  const looks = inspect(values, BRIEFLY)
  return looks === `[ ... ${values.length} more items ]` || Object.keys(values).length === values.length
}

/** Are all of them numbers, and not all of them small integers (which take less room one by one)? */
export function areNumbers(values: readonly unknown[]): values is readonly number[] {
  let areSmall = true
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'number') return false
    if ((value | 0) !== value) areSmall = false
  }
  return !areSmall
}
