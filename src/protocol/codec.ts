/**
 * Messages as frames: frame 0 is the message as msgpack, the others are the large buffers of the encoded values in it,
 * in the order in which they are met. Values stay closed: only `values/decode` opens an `Encoded`.
 */
import { OBJECT_BYTES } from '../comm/limits.js'
import { ProtocolError } from '../errors.js'
import { compactForm } from './compact.js'
import { MsgpackWriter } from './msgpack-writer.js'
import { type BatchForm, readBatch, readMessage } from './read-message.js'

/** How one dialect writes its messages. */
export interface Codec {
  pack(message: unknown): Uint8Array[]
  unpack(frames: readonly Uint8Array[]): unknown
  /** Packs the messages of a stream, which travel as one array. `near`: the reader is in this process. */
  batch(near?: boolean): Batch
  /** The messages of a batch, each checked. @throws ProtocolError when they are none, or one is not as it should be. */
  unpackBatch(frames: readonly Uint8Array[], form: BatchForm, beside?: readonly object[]): unknown[]
}

/** Messages that will leave together; each is packed at once, so a change afterwards does not matter. */
export interface Batch {
  readonly length: number
  readonly nbytes: number
  readonly nframes: number
  /** @throws TypeError for what is no data; the batch is as before. */
  add(message: unknown): void
  /** Messages that are not in the frames: to be handed over beside them, where the reader is in this process. */
  takeBeside?(): object[] | undefined
  /** The frames of all messages; the batch is empty then. */
  take(): Uint8Array[]
}

const writer = new MsgpackWriter()

/**
 * The frames of one message. `undefined` fields are left out; `undefined` elsewhere becomes null.
 * @throws TypeError for what is no data: functions, symbols, instances of classes, cycles.
 */
export function pack(message: unknown): Uint8Array[] {
  writer.write(message)
  const { frames } = writer
  return [writer.take(), ...frames]
}

/**
 * The message in these frames. Maps are `Map`s again, plain objects inherit nothing.
 * @throws ProtocolError when they are none.
 */
export function unpack(frames: readonly Uint8Array[]): unknown {
  const [head, ...rest] = frames
  if (!head) throw new ProtocolError('a message without frames')
  return readMessage(head, rest)
}

/** The same of a batch of messages, each of which has been checked then. */
function unpackBatch(frames: readonly Uint8Array[], form: BatchForm, beside?: readonly object[]): unknown[] {
  const [head, ...rest] = frames
  if (!head) throw new ProtocolError('a message without frames')
  return readBatch(head, rest, form, beside)
}

class HeddleBatch implements Batch {
  length = 0
  readonly #writer = new MsgpackWriter()
  #beside: object[] | undefined

  constructor(near: boolean) {
    this.#beside = near ? [] : undefined
  }

  get nbytes(): number {
    return this.#writer.nbytes + (this.#beside?.length ?? 0) * OBJECT_BYTES
  }

  get nframes(): number {
    return this.#writer.frames.length
  }

  add(message: unknown): void {
    this.#begin()
    const form = compactForm((message as { op?: string } | undefined)?.op)
    const copy = this.#beside && form?.copy(message as never)
    this.#writer.write(copy === undefined ? message : null, copy === undefined ? form : undefined)
    if (copy !== undefined) this.#beside?.push(copy)
    this.length++
  }

  takeBeside(): object[] | undefined {
    const beside = this.#beside
    if (beside !== undefined) this.#beside = []
    return beside
  }

  take(): Uint8Array[] {
    this.#begin()
    this.#writer.setArrayLength(this.length)
    this.length = 0
    const { frames } = this.#writer
    return [this.#writer.take(), ...frames]
  }

  #begin(): void {
    if (this.#writer.nbytes === 0) this.#writer.startArray()
  }
}

/** The codec between Heddle nodes. */
export const heddleCodec: Codec = { pack, unpack, batch: (near = false) => new HeddleBatch(near), unpackBatch }
