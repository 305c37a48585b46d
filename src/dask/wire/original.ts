/**
 * A value of ours on its way through nodes of Python's: beside the form that Python understands its header holds our own,
 * which nobody else looks at. So what a client of ours gets of a worker of ours is what that made, classes and all.
 */
import { Encoded } from '../../values/encoded.js'
import { framesIn } from './open.js'
import { type Fields, listOf, readPlain, writePlain } from './plain.js'
import type { Serialized } from './serialize.js'

const FIELD = 'heddle'

/** Python's form of a value together with ours; large memory is there once, as far as both have it. */
export function withOriginal(python: Serialized, { head, buffers }: Encoded): Serialized {
  const header = readPlain(python.header) as Map<unknown, unknown>
  const frames = [...python.frames]
  const places = buffers.map((buffer) => placeOf(buffer, frames))
  // What is one array there has one frame and no more.
  if (frames.length > python.frames.length && header.get('serializer') === 'dask') return python
  header.set(FIELD, { head, buffers: places })
  header.set('num-sub-frames', frames.length)
  return { header: writePlain(header), frames }
}

/** Our own form, if it is there. @throws DecodeError for one that is damaged. */
export function originalIn(header: Fields, sent: readonly Uint8Array[]): Encoded | undefined {
  const original = header.get(FIELD)
  if (!(original instanceof Map)) return undefined
  const head: unknown = original.get('head')
  if (!(head instanceof Uint8Array)) return undefined
  const frames = framesIn(header, sent)
  const buffers = listOf(original.get('buffers'), 'the buffers of a value').map((place) => frames[place as number])
  return buffers.every((buffer) => buffer !== undefined)
    ? new Encoded(head, buffers as Uint8Array[], head.byteLength)
    : undefined
}

/** Its number among the frames, where it is put if it is none of them. */
function placeOf(buffer: Uint8Array, frames: Uint8Array[]): number {
  const place = frames.findIndex(
    (frame) =>
      frame.buffer === buffer.buffer &&
      frame.byteOffset === buffer.byteOffset &&
      frame.byteLength === buffer.byteLength,
  )
  return place >= 0 ? place : frames.push(buffer) - 1
}
