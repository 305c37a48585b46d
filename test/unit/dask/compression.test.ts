import { readFileSync } from 'node:fs'
import * as zlib from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { unpackDask } from '../../../src/dask/wire/codec.js'
import { decompress } from '../../../src/dask/wire/compression.js'
import { learnFamily } from '../../../src/dask/wire/serialized.js'
import { DecodeError } from '../../../src/errors.js'
import { decode } from '../../../src/values/decode.js'
import type { Encoded } from '../../../src/values/encoded.js'

type Kind = 'zlib' | 'lz4' | 'snappy' | 'zstd'
type Golden = Record<'plain', string> & Record<Kind, string[]>

const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL('./fixtures/compressed.json', import.meta.url), 'utf8'),
)
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))
const framesOf = (name: string, kind: Kind) => (golden[name] as Golden)[kind].map(bytes)
const plainOf = (name: string) => bytes((golden[name] as Golden).plain)
const open = (frames: Uint8Array[]) => decode((unpackDask(frames) as Map<string, Encoded>).get('value') as Encoded)
const hasZstd = 'zstdDecompressSync' in zlib

beforeAll(() => learnFamily())

describe.each(Object.keys(golden))('a value that came compressed (%s)', (name) => {
  test.each<Kind>(['zlib', 'lz4', 'snappy'])('with %s is what it was', (kind) => {
    const frames = framesOf(name, kind)
    expect(frames.at(-1)?.byteLength).toBeLessThan(plainOf(name).byteLength)
    expect(Buffer.compare(open(frames) as Uint8Array, plainOf(name))).toBe(0)
  })

  test('with zstd is what it was where Node can read that; else the error says what to do', () => {
    const frames = framesOf(name, 'zstd')
    if (hasZstd) expect(Buffer.compare(open(frames) as Uint8Array, plainOf(name))).toBe(0)
    else expect(() => open(frames)).toThrow('run Node 22.15 or later; or set distributed.comm.compression')
  })
})

describe('a compressed frame that is damaged', () => {
  test.each<Kind>(['zlib', 'lz4', 'snappy'])('is one error (%s)', (kind) => {
    const [frame] = framesOf('words', kind).slice(-1) as [Uint8Array]
    for (let at = 0; at < frame.byteLength; at += 5) {
      const damaged = Uint8Array.from(frame)
      damaged[at] = (damaged[at] as number) ^ 0xff
      try {
        decompress(kind, damaged)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
      if (kind !== 'zlib') expect(() => decompress(kind, frame.subarray(0, at))).toThrow(DecodeError)
    }
  })

  test('cannot make much of little', () => {
    const hostile = [
      [255, 255, 255, 255, 15, 0],
      [8, 1, 9],
      [255, 255, 255, 255, 255, 255],
      [],
      [4, 0xfc, 255, 255, 255, 255],
    ]
    for (const frame of hostile) expect(() => decompress('snappy', Uint8Array.from(frame))).toThrow(DecodeError)
  })

  test('of a kind that nobody knows is named', () => {
    expect(() => decompress('brotli', new Uint8Array(8))).toThrow('compressed with brotli, which is not known here')
  })
})
