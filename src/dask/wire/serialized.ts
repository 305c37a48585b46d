/**
 * Values as Dask sends them: a header and frames. Here they are `Encoded`s of a family of their own, whose head holds the
 * header and the small frames as they came: a value that is only kept or passed on is never opened, and travels on byte
 * for byte.
 */
import { DecodeError } from '../../errors.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { registerFamily } from '../../values/families.js'
import { LARGE_BUFFER } from '../../values/format.js'
import type { TakeMemory } from '../../values/view-writer.js'
import { fromPython } from '../values/from-python.js'
import { openFields, openValue } from './open.js'
import { originalIn } from './original.js'
import { fieldsOf, readPlain } from './plain.js'
import { type Serialized, toSerialized } from './serialize.js'

/**
 * The first byte of the head. Then the header's length, the header, the number of frames, and each frame's length and
 * bytes. All lengths are u32, big endian.
 */
export const FAMILY_DASK = 0x40
/** In place of a frame's length: it is the next buffer. */
const BESIDE = 0xffffffff
const WORD = 4

/** Frames from 4 KiB on stay beside the head, where `memory` says or where they are. */
export function asEncoded({ header, frames }: Serialized, memory?: TakeMemory): Encoded {
  const head = new Uint8Array(1 + WORD + header.byteLength + WORD + WORD * frames.length + smallBytes(frames))
  const view = new DataView(head.buffer)
  const buffers: Uint8Array[] = []
  head[0] = FAMILY_DASK
  view.setUint32(1, header.byteLength)
  head.set(header, 1 + WORD)
  let at = 1 + WORD + header.byteLength
  view.setUint32(at, frames.length)
  at += WORD
  let nbytes = 0
  for (const frame of frames) {
    nbytes += frame.byteLength
    const isLarge = frame.byteLength >= LARGE_BUFFER
    view.setUint32(at, isLarge ? BESIDE : frame.byteLength)
    at += WORD
    if (isLarge) buffers.push(placed(frame, memory))
    else {
      head.set(frame, at)
      at += frame.byteLength
    }
  }
  return new Encoded(head, buffers, nbytes)
}

/** Is this a value as Dask has it? */
export function isSerialized({ head }: Encoded): boolean {
  return head[0] === FAMILY_DASK
}

/** The header and the frames of any value, which is converted if it is one of ours. @throws CloneError, DecodeError. */
export function serializedOf(value: Encoded): Serialized {
  return isSerialized(value) ? partsOf(value) : toSerialized(decode(value))
}

/** What a value of Dask's says, in the terms of `readPickle`; arrays are `NDArray`s. @throws DecodeError. */
export function openSerialized(value: Encoded): unknown {
  if (!isSerialized(value)) throw new DecodeError('that is no value of Dask’s')
  const { header, frames } = partsOf(value)
  return openValue(header, frames)
}

/** Lets `decode` open values of Dask's, as TypeScript has them. */
export function learnFamily(): void {
  registerFamily(FAMILY_DASK, open)
}

function open(value: Encoded): unknown {
  const { header, frames } = partsOf(value)
  const fields = fieldsOf(readPlain(header), 'a header')
  const original = originalIn(fields, frames)
  return original === undefined ? fromPython(openFields(fields, frames)) : decode(original)
}

function partsOf({ head, buffers }: Encoded): Serialized {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  let at = 1 + WORD + lengthAt(view, 1)
  const header = head.subarray(1 + WORD, at)
  const count = lengthAt(view, at)
  at += WORD
  const frames: Uint8Array[] = []
  for (let i = 0, beside = 0; i < count; i++) {
    const length = lengthAt(view, at)
    at += WORD
    const frame = length === BESIDE ? buffers[beside++] : head.subarray(at, at + length)
    if (frame === undefined) throw new DecodeError('a value that names a frame that is not there')
    frames.push(frame)
    if (length !== BESIDE) at += length
  }
  return { header, frames }
}

function lengthAt(view: DataView, at: number): number {
  if (at + WORD > view.byteLength) throw new DecodeError('a value that ends before its frames')
  return view.getUint32(at)
}

function placed(frame: Uint8Array, memory: TakeMemory | undefined): Uint8Array {
  if (memory === undefined) return frame
  const place = memory(frame.byteLength, frame)
  if (place.buffer !== frame.buffer || place.byteOffset !== frame.byteOffset) place.set(frame)
  return place
}

function smallBytes(frames: readonly Uint8Array[]): number {
  let nbytes = 0
  for (const frame of frames) if (frame.byteLength < LARGE_BUFFER) nbytes += frame.byteLength
  return nbytes
}
