/**
 * A set that is mostly empty or of one item, without an object of its own until the second. For records of which
 * millions live at once; items must not be `Set`s.
 */
export type Few<T extends object> = T | Set<T> | undefined

const NONE: readonly never[] = []

/** The set with `item` in it; the caller keeps the returned value in place of the old one. */
export function withItem<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === undefined || few === item) return item
  if (few instanceof Set) return few.add(item)
  return new Set<T>([few, item])
}

/** The set without `item`; the caller keeps the returned value in place of the old one. */
export function withoutItem<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === item) return undefined
  if (!(few instanceof Set)) return few
  few.delete(item)
  return few.size === 0 ? undefined : few
}

/** Whether `item` is in the set. */
export function hasItem<T extends object>(few: Few<T>, item: T): boolean {
  return few instanceof Set ? few.has(item) : few === item
}

/** How many items there are. */
export function countOf<T extends object>(few: Few<T>): number {
  return few === undefined ? 0 : few instanceof Set ? few.size : 1
}

/** A copy, safe to walk while the set changes. */
export function listOf<T extends object>(few: Few<T>): readonly T[] {
  return few === undefined ? NONE : few instanceof Set ? [...few] : [few]
}
