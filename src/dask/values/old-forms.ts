import { PyBuffer, PyByteArray, PyGlobal, PyObject, PyTuple } from '../python.js'

/** Before protocol 4 sets were calls of their class, before protocol 5 bytearrays. Undefined: it is neither. */
export function fromOldForm({ callable, args }: PyObject): Set<unknown> | Uint8Array | undefined {
  if (!(callable instanceof PyGlobal) || !(args instanceof PyTuple) || callable.module !== 'builtins') return undefined
  const [first] = args.items
  const isSet = callable.name === 'set' || callable.name === 'frozenset'
  if (isSet && Array.isArray(first)) return new Set(first)
  return callable.name === 'bytearray' && first instanceof Uint8Array ? first : undefined
}

/** The memory that stands in a pickle, in whichever form. */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof PyBuffer || value instanceof PyByteArray) return value.bytes
  const bytes = value instanceof PyObject ? fromOldForm(value) : value
  return bytes instanceof Uint8Array ? bytes : undefined
}
