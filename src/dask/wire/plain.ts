/** What stands in a message as msgpack that anybody reads. */
import { DecodeError } from '../../errors.js'
import { MsgpackWriter } from '../../protocol/msgpack-writer.js'
import { readMessage } from '../../protocol/read-message.js'

const NO_FRAMES: readonly Uint8Array[] = []
const writer = new MsgpackWriter({ plain: true })

/** A msgpack map, as Dask's headers and messages are. */
export type Fields = ReadonlyMap<unknown, unknown>

/** @throws TypeError for what is no plain data. */
export function writePlain(value: unknown): Uint8Array {
  writer.write(value)
  return writer.take()
}

/** Maps are `Map`s, their keys of any kind. @throws ProtocolError when it is no msgpack. */
export function readPlain(bytes: Uint8Array): unknown {
  return readMessage(bytes, NO_FRAMES, { maps: true })
}

/** Is it a msgpack map? */
export function isMapping(value: unknown): value is Fields {
  return value instanceof Map
}

/** @throws DecodeError when it is none. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (value instanceof Map) return value
  throw new DecodeError(`${what} is no map`)
}

/** @throws DecodeError when it is none. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new DecodeError(`${what} is no list`)
}
