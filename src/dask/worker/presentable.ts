import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import { writePlain } from '../wire/plain.js'
import { asEncoded, isSerialized, serializedOf } from '../wire/serialized.js'

/** A value as Python can take it; if there is no such form, one whose reader is told why. */
export function presentable(key: Key, value: Encoded): Encoded {
  if (isSerialized(value)) return value
  try {
    return asEncoded(serializedOf(value))
  } catch (error) {
    const text = `${key} is a value of TypeScript's that Python cannot have: ${(error as Error).message}`
    const header = writePlain({ serializer: 'error', 'num-sub-frames': 1 })
    return asEncoded({ header, frames: [new TextEncoder().encode(text)] })
  }
}
