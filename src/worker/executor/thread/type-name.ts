/** What a user would call the type of a value: `number`, `null`, `Array`, `Float64Array`, `Point`. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  const prototype = Object.getPrototypeOf(value) as object | null
  const maker = (prototype as { constructor?: unknown } | null)?.constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name.slice(0, 100) : 'Object'
}

/** The names that are sent as a number. The order is part of what main and thread agree on. */
export const COMMON_TYPES: readonly string[] = [
  'undefined',
  'null',
  'boolean',
  'number',
  'string',
  'bigint',
  'Object',
  'Array',
  'Map',
  'Set',
  'Date',
  'Uint8Array',
  'Float64Array',
]
