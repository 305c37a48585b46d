/** Dask's messages as frames, and back: the message as msgpack, then the values in it, each a header and its frames. */
import { ProtocolError } from '../../errors.js'
import type { Batch, Codec } from '../../protocol/codec.js'
import { isRecord } from '../../protocol/msgpack-extensions.js'
import { MsgpackWriter } from '../../protocol/msgpack-writer.js'
import { Encoded } from '../../values/encoded.js'
import { readPickle } from '../pickle/read.js'
import { writePickle } from '../pickle/write.js'
import { type Fields, readPlain, writePlain } from './plain.js'
import { asEncoded, serializedOf } from './serialized.js'

const EMPTY = new Uint8Array()

/** A pickle in a message, which is opened by whoever receives it. */
export class Pickled {
  constructor(
    readonly bytes: Uint8Array,
    readonly buffers: readonly Uint8Array[] = [],
  ) {}

  static of(value: unknown): Pickled {
    const { bytes, buffers } = writePickle(value)
    const memory = buffers.map((buffer) => buffer.bytes)
    return new Pickled(bytes, memory)
  }

  /** @throws DecodeError. */
  open(): unknown {
    return readPickle(this.bytes, this.buffers)
  }
}

/**
 * The frames of a message of plain data, `Encoded`s, `Pickled`s and sets.
 * @throws TypeError, CloneError for what cannot be part of one.
 */
export function packDask(message: unknown): Uint8Array[] {
  const frames: Uint8Array[] = [EMPTY]
  frames[0] = writePlain(replaced(message, frames))
  return frames
}

/**
 * The message in these frames: maps are `Map`s, values `Encoded`s that stay closed, pickles `Pickled`s.
 * @throws ProtocolError when they are none.
 */
export function unpackDask(frames: readonly Uint8Array[]): unknown {
  const [head] = frames
  if (head === undefined) throw new ProtocolError('a message without frames')
  return restored(readPlain(head), frames)
}

/** The codec between Dask's nodes and ours. */
export const daskCodec: Codec = {
  pack: packDask,
  unpack: unpackDask,
  batch: () => new DaskBatch(),
  unpackBatch: unpackDaskBatch,
}

/** They are checked when they have been translated. */
function unpackDaskBatch(frames: readonly Uint8Array[]): unknown[] {
  const messages = unpackDask(frames)
  if (Array.isArray(messages)) return messages
  throw new ProtocolError('what is no list of messages')
}

class DaskBatch implements Batch {
  length = 0
  #nbytes = 0
  readonly #writer = new MsgpackWriter({ plain: true })
  #frames: Uint8Array[] = [EMPTY]

  get nbytes(): number {
    return this.#nbytes
  }

  get nframes(): number {
    return this.#frames.length - 1
  }

  add(message: unknown): void {
    const { nframes } = this
    try {
      if (this.#writer.nbytes === 0) this.#writer.startArray()
      this.#writer.write(replaced(message, this.#frames))
    } catch (error) {
      this.#frames.length = 1 + nframes
      throw error
    }
    this.length++
    this.#nbytes = this.#writer.nbytes
  }

  take(): Uint8Array[] {
    if (this.#writer.nbytes === 0) this.#writer.startArray()
    this.#writer.setArrayLength(this.length)
    const frames = this.#frames
    frames[0] = this.#writer.take()
    this.length = this.#nbytes = 0
    this.#frames = [EMPTY]
    return frames
  }
}

/** The same with what is no plain data moved to `frames`, and in its place where it is. */
function replaced(value: unknown, frames: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((item) => replaced(item, frames))
  if (value instanceof Encoded) return { __Serialized__: placeValue(value, frames) }
  if (value instanceof Pickled) return { __Pickled__: placePickle(value, frames) }
  if (value instanceof Set) return { __Set__: true, 'as-list': replaced([...value], frames) }
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, replaced(item, frames)]))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, frames)]))
}

function placeValue(value: Encoded, frames: Uint8Array[]): number {
  const at = frames.length
  const { header, frames: own } = serializedOf(value)
  frames.push(header)
  for (const frame of own) frames.push(frame)
  return at
}

function placePickle({ bytes, buffers }: Pickled, frames: Uint8Array[]): number {
  const at = frames.length
  frames.push(writePlain({ 'pickled-obj': bytes, 'num-sub-frames': buffers.length }), ...buffers)
  return at
}

function restored(value: unknown, frames: readonly Uint8Array[]): unknown {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restored(value[i], frames)
    return value
  }
  if (!(value instanceof Map)) return value
  const special = value.size <= 4 ? marked(value, frames) : undefined
  if (special !== undefined) return special
  for (const [key, item] of value) if (typeof item === 'object') value.set(key, restored(item, frames))
  return value
}

/** What the map stands for; undefined: for itself. */
function marked(map: Fields, frames: readonly Uint8Array[]): unknown {
  if (map.has('__Serialized__')) {
    const [header, own] = valueAt(map.get('__Serialized__'), frames)
    return asEncoded({ header, frames: own })
  }
  if (map.has('__Pickled__')) {
    const [header, own] = valueAt(map.get('__Pickled__'), frames)
    const pickle = fieldsAt(header).get('pickled-obj')
    if (!(pickle instanceof Uint8Array)) throw new ProtocolError('a pickle that is none')
    return new Pickled(pickle, own)
  }
  if (map.get('__Set__') === true) {
    const members = map.get('as-list')
    if (!Array.isArray(members)) throw new ProtocolError('a set that is none')
    return new Set(members.map((member) => restored(member, frames)))
  }
  return map.get('__Enum__') === true ? String(map.get('name')) : undefined
}

function valueAt(index: unknown, frames: readonly Uint8Array[]): [header: Uint8Array, own: readonly Uint8Array[]] {
  const at = index as number
  const header = Number.isSafeInteger(at) && at > 0 ? frames[at] : undefined
  if (header === undefined) throw new ProtocolError('a message names a value that is not there')
  const count = fieldsAt(header).get('num-sub-frames')
  const end = at + 1 + (count as number)
  if (!Number.isSafeInteger(count) || (count as number) < 0 || end > frames.length)
    throw new ProtocolError('a message names frames that are not there')
  return [header, frames.slice(at + 1, end)]
}

function fieldsAt(header: Uint8Array): Fields {
  const fields = readPlain(header)
  if (fields instanceof Map) return fields
  throw new ProtocolError('a value whose header is no map')
}
