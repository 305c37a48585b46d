import type { Encoded } from '../values/encoded.js'
import { hashInSlices } from '../values/hash.js'

/** Bytes hashed before others get their turn: about a millisecond. */
const SLICE = 1024 * 1024

/** The hash of a value of any size, as `hashOf` gives it, without holding the event loop up. */
export function contentHash(value: Encoded): Promise<string> {
  return hashInSlices(value, SLICE, () => new Promise((resolve) => setImmediate(resolve)))
}
