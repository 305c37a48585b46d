/**
 * Values as Dask sends them: a header and frames. Here they are `Encoded`s of a family of their own, whose head is the
 * header as it came: a value that is only kept or passed on is never opened, and travels on byte for byte.
 */
import { DecodeError } from '../../errors.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { registerFamily } from '../../values/families.js'
import { fromPython } from '../values/from-python.js'
import { openValue } from './open.js'
import { toSerialized } from './serialize.js'

/** The first byte of the head; the header follows. */
const FAMILY_DASK = 0x40

/** A header as it came, and its frames. */
export function asEncoded(header: Uint8Array, frames: readonly Uint8Array[]): Encoded {
  const head = new Uint8Array(1 + header.byteLength)
  head[0] = FAMILY_DASK
  head.set(header, 1)
  let nbytes = 0
  for (const frame of frames) nbytes += frame.byteLength
  return new Encoded(head, frames, nbytes)
}

/** Is this a value as Dask sends it? */
export function isSerialized({ head }: Encoded): boolean {
  return head[0] === FAMILY_DASK
}

/** The header and the frames of any value, which is converted if it is one of ours. @throws CloneError, DecodeError. */
export function serializedOf(value: Encoded): { header: Uint8Array; frames: readonly Uint8Array[] } {
  if (isSerialized(value)) return { header: value.head.subarray(1), frames: value.buffers }
  return toSerialized(decode(value))
}

/** What a value of Dask's says, in the terms of `readPickle`; arrays are `NDArray`s. @throws DecodeError. */
export function openSerialized(value: Encoded): unknown {
  if (!isSerialized(value)) throw new DecodeError('that is no value of Dask’s')
  return openValue(value.head.subarray(1), value.buffers)
}

/** Lets `decode` open values of Dask's, as TypeScript has them. */
export function learnFamily(): void {
  registerFamily(FAMILY_DASK, (value) => fromPython(openSerialized(value)))
}
