import { createHash, hash } from 'node:crypto'
import type { Encoded } from './encoded.js'

const HEX_DIGITS = 32

/**
 * 128 bits over the bytes of a value, in hex: what recipes and content keys are made of. Equal values have equal
 * hashes; it is the beginning of a SHA-256, so nobody can make two values that share one.
 */
export function hashOf(value: Encoded): string {
  const digest = value.buffers.length === 0 ? hash('sha256', value.head, 'hex') : hashWithBuffers(value)
  return digest.slice(0, HEX_DIGITS)
}

/** The same in slices of `sliceBytes`, with a `pause` after each, for values of any size. */
export async function hashInSlices(value: Encoded, sliceBytes: number, pause: () => Promise<void>): Promise<string> {
  const digest = createHash('sha256')
  let since = 0
  for (const part of partsOf(value)) {
    for (let at = 0; at < part.byteLength; at += sliceBytes) {
      const slice = part.subarray(at, at + sliceBytes)
      digest.update(slice)
      since += slice.byteLength
      if (since < sliceBytes) continue
      since = 0
      await pause()
    }
  }
  return digest.digest('hex').slice(0, HEX_DIGITS)
}

function hashWithBuffers(value: Encoded): string {
  const digest = createHash('sha256')
  for (const part of partsOf(value)) digest.update(part)
  return digest.digest('hex')
}

/** Sizes first, so that no byte could belong to either of two neighbours. No head begins with 0xff. */
function* partsOf({ head, buffers }: Encoded): Generator<Uint8Array> {
  if (buffers.length > 0) {
    yield Uint8Array.of(0xff)
    yield new Uint8Array(Float64Array.from([head, ...buffers], (bytes) => bytes.byteLength).buffer)
  }
  yield head
  yield* buffers
}
