import { inspect } from 'node:util'

/** A key of Dask's as text: texts are themselves; others (tuples, numbers, bytes), which we never make, as Python shows them. */
export function keyText(key: unknown): string {
  if (typeof key === 'string') return key
  if (key instanceof Uint8Array) return `b${inspect(Buffer.from(key).toString('latin1'))}`
  if (!Array.isArray(key)) return String(key)
  const parts = key.map((part) => (typeof part === 'string' ? `'${part}'` : keyText(part)))
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(', ')})`
}
