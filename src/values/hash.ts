import { createHash, hash } from 'node:crypto'
import type { Encoded } from './encoded.js'

const HEX_DIGITS = 32

/**
 * 128 bits over the bytes of a value, in hex: what recipes and content keys are made of. Equal values have equal
 * hashes; it is the beginning of a SHA-256, so nobody can make two values that share one.
 */
export function hashOf({ head, buffers }: Encoded): string {
  const digest = buffers.length === 0 ? hash('sha256', head, 'hex') : hashWithBuffers(head, buffers)
  return digest.slice(0, HEX_DIGITS)
}

/** Sizes first, so that no byte could belong to either of two neighbours. No head begins with 0xff. */
function hashWithBuffers(head: Uint8Array, buffers: readonly Uint8Array[]): string {
  const sizes = Float64Array.from([head, ...buffers], (bytes) => bytes.byteLength)
  const digest = createHash('sha256').update(Uint8Array.of(0xff)).update(sizes).update(head)
  for (const buffer of buffers) digest.update(buffer)
  return digest.digest('hex')
}
