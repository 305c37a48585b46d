import type { Key } from '../protocol/names.js'
import type { Encoded } from './encoded.js'

export interface DecodeOptions {
  /** The value of a reference. Default: a reference is an error. */
  resolve?: (key: Key) => unknown
  /** Typed arrays and tables are views of the encoded buffers (default). `copy`: they get memory of their own. */
  buffers?: 'view' | 'copy'
}

/**
 * The value of these bytes. Runs no code but that of registered codecs.
 * @throws DecodeError when the bytes are no value.
 */
export declare function decode(encoded: Encoded, options?: DecodeOptions): unknown
