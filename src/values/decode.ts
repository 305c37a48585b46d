import { DecodeError, LoadError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { importArrow, isArrowImported } from './arrow-module.js'
import { Decoder } from './decoder.js'
import type { Encoded } from './encoded.js'
import { familyOpener } from './families.js'
import { FAMILY_BARE, FAMILY_VALUE, FLAG_ARROW, FLAG_BUFFERS, FLAG_SHAPES, FLAG_SHARED } from './format.js'
import { HeadReader } from './head-reader.js'
import { readBare, ViewReader } from './view-reader.js'

/** Where a value of another system says of what it is made. */
const NAMED_WITHIN = 4096

export interface DecodeOptions {
  /** The value of a reference. Default: a reference is an error. What it throws, `decode` throws. */
  resolve?: (key: Key) => unknown
  /** Typed arrays and tables are views of the encoded buffers (default). `copy`: they get memory of their own. */
  buffers?: 'view' | 'copy'
}

/**
 * The value of these bytes. Runs no code but that of registered codecs, whose errors come through.
 * @throws DecodeError when the bytes are no value.
 */
export function decode(encoded: Encoded, options: DecodeOptions = {}): unknown {
  const { head, buffers } = encoded
  const family = head[0] ?? 0
  const copy = options.buffers === 'copy'
  if ((family & 0xf0) === FAMILY_BARE)
    return readBare(new HeadReader(head, 1, head.length), family & 0x0f, buffers, copy)
  if ((family & 0xf0) !== FAMILY_VALUE) return decodeForeign(encoded, family)
  const table = (family & FLAG_BUFFERS) === 0 ? undefined : tableOf(head)
  if (table === undefined && buffers.length > 0)
    throw new DecodeError('these bytes name none of the buffers beside them')
  return decodeBody(encoded, options, family, table, copy)
}

/**
 * Loads what decoding this value needs and has not been loaded: apache-arrow, for a table. Undefined: nothing to wait
 * for. `decode` can do without, but under loaders like tsx only this gives the tables that the program's own functions
 * know.
 */
export function prepareDecode(value: Encoded): Promise<void> | undefined {
  return !isArrowImported() && needsArrow(value) ? importArrow() : undefined
}

function needsArrow({ head, buffers }: Encoded): boolean {
  const family = head[0] ?? 0
  if ((family & 0xf0) === FAMILY_VALUE) return (family & FLAG_ARROW) !== 0
  if (familyOpener(family) === undefined) return false
  // Its header names pyarrow, or else its pickle, which comes first, does so near its beginning.
  return isNamed(head) || (buffers[0] !== undefined && isNamed(buffers[0]))
}

function isNamed({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, Math.min(byteLength, NAMED_WITHIN)).includes('pyarrow')
}

function decodeForeign(encoded: Encoded, family: number): unknown {
  const open = familyOpener(family)
  if (open === undefined) throw new DecodeError(`these bytes are no value: the family 0x${family.toString(16)}`)
  return open(encoded)
}

function decodeBody(
  { head, buffers }: Encoded,
  options: DecodeOptions,
  flags: number,
  table: HeadReader | undefined,
  copy: boolean,
): unknown {
  const decoder = new Decoder(head, table?.at ?? head.length, {
    shared: (flags & FLAG_SHARED) !== 0,
    shaped: (flags & FLAG_SHAPES) !== 0,
    views: table && new ViewReader(table, buffers, copy),
    resolve: options.resolve,
  })
  try {
    return decoder.whole()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof LoadError || error === decoder.foreignError) throw error
    throw new DecodeError(`these bytes are no value: ${(error as Error).message}`, { cause: error })
  }
}

/** The table lies between the body and its own length, which are the last four bytes. */
function tableOf(head: Uint8Array): HeadReader {
  const end = head.byteLength - 4
  if (end < 1) throw new DecodeError('these bytes are no value: no room for its table')
  const length = new DataView(head.buffer, head.byteOffset + end, 4).getUint32(0)
  if (length > end - 1) throw new DecodeError('these bytes are no value: a table larger than its head')
  return new HeadReader(head, end - length, end)
}
