/** Whole messages, and batches of them, from their bytes. */
import { ProtocolError } from '../errors.js'
import type { CompactForm } from './compact.js'
import { MsgpackReader, truncatedError } from './msgpack-reader.js'

export interface ReaderOptions {
  /** Msgpack maps become `Map`s: keys may be anything. Else they become records, whose keys must be strings. */
  maps?: boolean
}

/**
 * Reads one value with its frames.
 * @throws ProtocolError when it is not msgpack, or not one value with exactly these frames.
 */
export function readMessage(head: Uint8Array, frames: readonly Uint8Array[], options: ReaderOptions = {}): unknown {
  return read(new MsgpackReader(head, frames, options.maps ?? false), (reader) => reader.value())
}

const NOTHING: readonly never[] = []

/** What may come in a batch. */
export interface BatchForm {
  /** The reason why a decoded map is none of the messages, or undefined. */
  check(message: unknown): string | undefined
  /** Of the messages that may come in compact form, where any may. */
  readonly compact?: CompactForm | undefined
}

/**
 * Reads a batch, which is an array of messages, and checks them. For each null in it the next of `beside` is taken as it
 * is, while there are any: those come from this process.
 * @throws ProtocolError when it is none, or not made of such messages.
 */
export function readBatch(
  head: Uint8Array,
  frames: readonly Uint8Array[],
  form: BatchForm,
  beside: readonly object[] = NOTHING,
): unknown[] {
  let next = 0
  const item = (reader: MsgpackReader) => {
    if (next === beside.length || !reader.isNil) return messageOf(reader, form)
    reader.value()
    return beside[next++]
  }
  return read(new MsgpackReader(head, frames, false), (reader) => reader.list(() => item(reader)))
}

function messageOf(reader: MsgpackReader, { check, compact }: BatchForm): unknown {
  if (compact !== undefined && reader.isCompact) return reader.compact(compact)
  const message = reader.value()
  const reason = check(message)
  if (reason !== undefined) throw new ProtocolError(reason)
  return message
}

function read<T>(reader: MsgpackReader, what: (reader: MsgpackReader) => T): T {
  try {
    const value = what(reader)
    reader.expectEnd()
    return value
  } catch (error) {
    if (error instanceof RangeError) throw truncatedError()
    throw error
  }
}
