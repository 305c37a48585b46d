import type { Key } from '../../protocol/names.js'
import { decode } from '../../values/decode.js'
import type { Encoded } from '../../values/encoded.js'
import { withOriginal } from '../wire/original.js'
import { writePlain } from '../wire/plain.js'
import { type Serialized, toSerialized } from '../wire/serialize.js'
import { asEncoded, isSerialized } from '../wire/serialized.js'

/**
 * A value as Python can take it; if there is no such form, one whose reader is told why. `isForAnybody`: one of our
 * clients may be behind the one who asks, so our own form goes along.
 */
export function presentable(key: Key, value: Encoded, isForAnybody: boolean): Encoded {
  if (isSerialized(value)) return value
  const decoded = decode(value)
  const python = pythonForm(key, decoded)
  return asEncoded(isForAnybody && !isSameInPython(decoded) ? withOriginal(python, value) : python)
}

function pythonForm(key: Key, value: unknown): Serialized {
  try {
    return toSerialized(value)
  } catch (error) {
    const text = `${key} is a value of TypeScript's that Python cannot have: ${(error as Error).message}`
    const header = writePlain({ serializer: 'error', 'num-sub-frames': 1 })
    return { header, frames: [new TextEncoder().encode(text)] }
  }
}

/** It comes back as it was. */
function isSameInPython(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
