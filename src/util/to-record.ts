/** The map as an object without prototype: `__proto__` is a name like any other. */
export function toRecord<V>(map: ReadonlyMap<string, V>): Record<string, V> {
  const record = Object.create(null) as Record<string, V>
  for (const [key, value] of map) record[key] = value
  return record
}
