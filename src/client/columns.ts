import { OptionError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'

/** One argument of a `map`: walked through, or the same for all calls. */
export type Column =
  | { readonly list: readonly unknown[] }
  | {
      readonly shared: unknown
      /** Keys that it refers to. */
      readonly refs: readonly Key[]
      /** Bytes that it would take in each call. */
      readonly size: number
    }

/** The arguments of a `map`: lists of one length, walked through together, and values that all calls share. */
export interface Columns {
  readonly length: number
  readonly columns: readonly Column[]
}

/** @throws OptionError for lists of different lengths, or none; CloneError for a shared value that cannot travel. */
export function columnsOf(args: readonly unknown[], name: string): Columns {
  const columns = args.map((arg, i) => (isList(arg) ? { list: [...arg] } : sharedColumn(arg, i, name)))
  const [first, ...others] = columns.flatMap((column) => ('list' in column ? [column.list] : []))
  if (!first) {
    throw new OptionError(`map(${name})`, 'needs a list to walk through: an array, a Set or an iterator')
  }
  const unequal = others.find((list) => list.length !== first.length)
  if (unequal) {
    throw new OptionError(`map(${name})`, `its lists have ${first.length} and ${unequal.length} items; they must match`)
  }
  return { length: first.length, columns }
}

/** The arguments of one call. */
export function rowOf(columns: readonly Column[], index: number): unknown[] {
  return columns.map((column) => ('list' in column ? column.list[index] : column.shared))
}

/** The column of a value that all calls share. @throws CloneError. */
export function sharedColumn(shared: unknown, index: number, name: string): Column {
  const options = { root: `argument ${index + 1} of '${name}'`, memory: 'share' } as const
  const { encoded, refs } = encodeWithRefs(shared, options)
  return { shared, refs, size: encoded.size }
}

/** Arrays, Sets and iterators. Text, typed arrays, Maps and futures are single values. */
function isList(arg: unknown): arg is Iterable<unknown> {
  if (Array.isArray(arg) || arg instanceof Set) return true
  if (typeof arg !== 'object' || arg === null || !(Symbol.iterator in arg)) return false
  return 'next' in arg && typeof arg.next === 'function'
}
