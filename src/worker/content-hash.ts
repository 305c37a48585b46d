import { createHash, type Hash } from 'node:crypto'
import type { Encoded } from '../values/encoded.js'

/** Bytes hashed before others get their turn: about a millisecond. */
const SLICE = 1024 * 1024

/** 128 bits, hex, of what the value is. Equal bytes in the same buffers give equal hashes on all nodes. */
export function contentHash(value: Encoded): string {
  const hash = createHash('sha256')
  for (const part of partsOf(value)) hash.update(part)
  return finish(hash)
}

/** The same for values of any size, in slices between which the event loop goes round. */
export async function contentHashInSlices(value: Encoded): Promise<string> {
  const hash = createHash('sha256')
  let since = 0
  for (const part of partsOf(value)) {
    for (let at = 0; at < part.byteLength; at += SLICE) {
      const slice = part.subarray(at, at + SLICE)
      hash.update(slice)
      since += slice.byteLength
      if (since < SLICE) continue
      since = 0
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
  return finish(hash)
}

/** Lengths come first, so that bytes cannot move from one part to the next unnoticed. */
function* partsOf({ head, buffers }: Encoded): Generator<Uint8Array> {
  const lengths = [head.byteLength, ...buffers.map((buffer) => buffer.byteLength)]
  yield new Uint8Array(Float64Array.from(lengths).buffer)
  yield head
  yield* buffers
}

function finish(hash: Hash): string {
  return hash.digest('hex').slice(0, 32)
}
