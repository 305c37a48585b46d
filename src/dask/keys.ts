/**
 * Keys of Dask's are texts, numbers, bytes, and tuples of these; ours are texts. A text stands for itself. Anything else
 * is what Python writes for it, in parentheses: `('x', 0)`, `(5)`. So is a text that looks like that: `("('x', 0)")`.
 */
import { readLiteral, writeLiteral } from './literals.js'
import { PyTuple } from './python.js'

const OPEN = '('.charCodeAt(0)

/** A key of theirs, from a message or a pickle, as ours. */
export function keyText(key: unknown): string {
  if (typeof key !== 'string') return wrapped(key)
  return key.charCodeAt(0) === OPEN && readLiteral(key) !== undefined ? wrapped(key) : key
}

/** A key of ours as theirs, as it stands in a message: tuples are arrays there. */
export function keyOf(text: string): unknown {
  if (text.charCodeAt(0) !== OPEN) return text
  const found = readLiteral(text)
  return found === undefined ? text : plain(found.value)
}

/** The same as it stands in a pickle. */
export function pickledKeyOf(text: string): unknown {
  if (text.charCodeAt(0) !== OPEN) return text
  return readLiteral(text)?.value ?? text
}

/** Keys of ours as theirs. */
export function theirKeys(texts: readonly string[]): unknown[] {
  return texts.map(keyOf)
}

function wrapped(key: unknown): string {
  const text = writeLiteral(key)
  return Array.isArray(key) || key instanceof PyTuple ? text : `(${text})`
}

function plain(value: unknown): unknown {
  return value instanceof PyTuple ? value.items.map(plain) : value
}
