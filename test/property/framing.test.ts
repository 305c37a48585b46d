import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommLimits } from '../../src/comm/comm.js'
import { FrameParser, preludeOf } from '../../src/comm/framing.js'
import { ProtocolError } from '../../src/errors.js'

const LIMITS: CommLimits = { maxFrames: 100, maxHead: 100_000, maxTotal: 1_000_000 }

/** Frames of all sizes, many near the size from which they get memory of their own. */
const frame = fc
  .tuple(fc.oneof(fc.nat(40), fc.integer({ min: 4090, max: 4100 }), fc.nat(20_000)), fc.nat(255))
  .map(([length, seed]) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255))

const message = fc.array(frame, { minLength: 1, maxLength: 6 })
/** A stranger's first message is one frame. */
const conversation = fc.tuple(frame, fc.array(message, { maxLength: 5 })).map(([first, rest]) => [[first], ...rest])
const cuts = fc.array(fc.nat(5000), { minLength: 1, maxLength: 40 })

/** `inBlock`: how many frames the first block is said to hold; Dask's nodes leave large ones outside. */
function bytesOf(frames: readonly Uint8Array[], inBlock = frames.length): Buffer {
  const prelude = preludeOf(frames)
  const within = frames.slice(0, inBlock).reduce((sum, { byteLength }) => sum + byteLength, 0)
  new DataView(prelude.buffer).setBigUint64(0, BigInt(8 + 8 * frames.length + within), true)
  return Buffer.concat([prelude, ...frames])
}

class Reading {
  readonly messages: Uint8Array[][] = []
  allocated = 0
  readonly parser = new FrameParser({
    limits: LIMITS,
    allocate: (nbytes) => {
      this.allocated += nbytes
      return new Uint8Array(nbytes)
    },
    onMessage: (frames) => this.messages.push(frames),
  })

  /** In pieces of these sizes, over and over. */
  readAll(bytes: Uint8Array, sizes: readonly number[], direct: boolean): void {
    for (let at = 0, i = 0; at < bytes.byteLength; i++) {
      at += this.#read(bytes.subarray(at, at + 1 + (sizes[i % sizes.length] as number)), direct)
    }
  }

  /** As a socket does it: straight into a large frame that is arriving, else through memory of its own. */
  #read(chunk: Uint8Array, direct: boolean): number {
    const rest = direct ? this.parser.rest : undefined
    if (!rest) {
      this.parser.push(chunk)
      return chunk.byteLength
    }
    const n = Math.min(rest.byteLength, chunk.byteLength)
    rest.set(chunk.subarray(0, n))
    this.parser.filled(n)
    return n
  }
}

const plain = (messages: readonly (readonly Uint8Array[])[]) =>
  messages.map((frames) => frames.map((one) => Buffer.from(one).toString('base64')))

/** What reading these bytes throws. */
function failure(bytes: Uint8Array, sizes: readonly number[], direct = false): unknown {
  const reading = new Reading()
  try {
    reading.readAll(bytes, sizes, direct)
    return undefined
  } catch (error) {
    return error
  } finally {
    expect(reading.allocated).toBeLessThanOrEqual(LIMITS.maxTotal + bytes.byteLength)
  }
}

describe('messages on a stream of bytes', () => {
  test('arrive as they were sent, however the bytes are cut', () => {
    fc.assert(
      fc.property(conversation, cuts, fc.boolean(), (messages, sizes, direct) => {
        const reading = new Reading()
        reading.readAll(Buffer.concat(messages.map((frames) => bytesOf(frames))), sizes, direct)
        expect(plain(reading.messages)).toEqual(plain(messages))
        expect(reading.parser.endError).toBeUndefined()
      }),
      { numRuns: 150 },
    )
  })

  test('arrive as they were sent, wherever the first block is said to end', () => {
    fc.assert(
      fc.property(message, fc.nat(6), cuts, fc.boolean(), (frames, inBlock, sizes, direct) => {
        const reading = new Reading()
        const first = [Uint8Array.of(1)]
        const bytes = Buffer.concat([bytesOf(first), bytesOf(frames, Math.min(inBlock, frames.length))])
        reading.readAll(bytes, sizes, direct)
        expect(plain(reading.messages)).toEqual(plain([first, frames]))
      }),
      { numRuns: 100 },
    )
  })

  test('that are cut off give what was whole, and the end is an error unless it is between two', () => {
    fc.assert(
      fc.property(conversation, fc.double({ min: 0, max: 1, noNaN: true }), cuts, (messages, share, sizes) => {
        const all = messages.map((frames) => bytesOf(frames))
        const bytes = Buffer.concat(all)
        const end = Math.floor(bytes.byteLength * share)
        const reading = new Reading()
        reading.readAll(bytes.subarray(0, end), sizes, true)
        let whole = 0
        let at = 0
        while (whole < all.length && at + (all[whole] as Buffer).byteLength <= end)
          at += (all[whole++] as Buffer).byteLength
        expect(plain(reading.messages)).toEqual(plain(messages.slice(0, whole)))
        expect(reading.parser.endError === undefined).toBe(at === end)
      }),
      { numRuns: 100 },
    )
  })

  test('that are none are refused as such, and take no memory to speak of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 3000 }), cuts, fc.boolean(), (bytes, sizes, direct) => {
        const error = failure(bytes, sizes, direct)
        if (error !== undefined) expect(error).toBeInstanceOf(ProtocolError)
      }),
      { numRuns: 200 },
    )
  })

  test('of hostile counts and lengths are refused before memory is taken', () => {
    const hostile = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 200n }),
    )
    fc.assert(
      fc.property(
        hostile,
        fc.bigInt({ min: 0n, max: 150n }),
        fc.array(hostile, { maxLength: 150 }),
        cuts,
        (f, n, lengths, sizes) => {
          const words = BigUint64Array.from([f, n, ...lengths])
          const known = bytesOf([Uint8Array.of(1)])
          const error = failure(Buffer.concat([known, new Uint8Array(words.buffer)]), sizes, true)
          if (error !== undefined) expect(error).toBeInstanceOf(ProtocolError)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('over a limit are refused, and up to it accepted', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.boolean(), (more, over) => {
        const known = bytesOf([Uint8Array.of(1)])
        const by = over ? 1 + more : -more
        const frames = Array.from({ length: LIMITS.maxFrames + by }, () => new Uint8Array(0))
        const head = [new Uint8Array(LIMITS.maxHead + by)]
        for (const one of [frames, head]) {
          const error = failure(Buffer.concat([known, bytesOf(one)]), [5000])
          if (over) expect(error).toBeInstanceOf(ProtocolError)
          else expect(error).toBeUndefined()
        }
      }),
      { numRuns: 20 },
    )
  })
})
