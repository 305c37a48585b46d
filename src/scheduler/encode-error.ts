import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'

/**
 * An error that the scheduler found, on its way to clients. Where in Heddle it was made is of no use to them, unless
 * `HEDDLE_STACK=full`; the lines of their call are put below it there.
 */
export function encodeError(error: Error): Encoded {
  if (process.env.HEDDLE_STACK !== 'full') error.stack = `${error.name}: ${error.message}`
  return encode(error)
}
