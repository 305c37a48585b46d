import * as zlib from 'node:zlib'
import { DecodeError } from '../../errors.js'
import { unpackLz4 } from './lz4.js'
import { unpackSnappy } from './snappy.js'

/** No zlib stream expands further. */
const ZLIB_RATIO_MAX = 1032
/** Zstandard expands without end; Dask's frames have 64 MiB unless somebody has said otherwise. */
const ZSTD_MAX = 256 * 1024 * 1024

/**
 * The frame as it was before its sender compressed it. A scheduler passes frames on as they are, so they may come
 * compressed although we never agreed to that.
 * @throws DecodeError for a kind that we cannot open, and for damaged frames.
 */
export function decompress(kind: unknown, frame: Uint8Array): Uint8Array {
  if (kind === null || kind === undefined) return frame
  if (kind === 'zlib') return inflate(frame)
  if (kind === 'lz4') return unpackLz4(frame)
  if (kind === 'snappy') return unpackSnappy(frame)
  if (kind === 'zstd') return unpackZstd(frame)
  throw cannot(kind, 'which is not known here')
}

function inflate(frame: Uint8Array): Uint8Array {
  try {
    return zlib.inflateSync(frame, { maxOutputLength: 1024 + ZLIB_RATIO_MAX * frame.byteLength })
  } catch (error) {
    throw new DecodeError('a frame is no zlib stream', { cause: error })
  }
}

type Zstd = (frame: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

function unpackZstd(frame: Uint8Array): Uint8Array {
  const unpack = Reflect.get(zlib, 'zstdDecompressSync') as Zstd | undefined
  if (unpack === undefined)
    throw cannot('zstd', `which Node ${process.versions.node} cannot read: run Node 22.15 or later`)
  try {
    return unpack(frame, { maxOutputLength: ZSTD_MAX })
  } catch (error) {
    throw new DecodeError('a frame is no zstd stream, or one of more than 256 MiB', { cause: error })
  }
}

function cannot(kind: unknown, why: string): DecodeError {
  const otherwise = 'set distributed.comm.compression to lz4, snappy or zlib in the cluster, or to false'
  return new DecodeError(`a frame is compressed with ${String(kind)}, ${why}; or ${otherwise}`)
}
