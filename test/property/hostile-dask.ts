/** What nobody well-meaning would send as a Dask node: messages, pickles, tables and frames that were changed. */
import { readFileSync } from 'node:fs'
import { readTable } from '../../src/dask/arrow/ipc-read.js'
import { readPickle } from '../../src/dask/pickle/read.js'
import { writePickle } from '../../src/dask/pickle/write.js'
import { fromPython } from '../../src/dask/values/from-python.js'
import { toPython } from '../../src/dask/values/to-python.js'
import { unpackDask } from '../../src/dask/wire/codec.js'
import { decompress } from '../../src/dask/wire/compression.js'
import { CloneError, DecodeError, ProtocolError } from '../../src/errors.js'
import { type ArrowTable, loadArrow } from '../../src/values/arrow-module.js'
import { decode } from '../../src/values/decode.js'
import { Encoded } from '../../src/values/encoded.js'

type Frames = Uint8Array[]

/** Numbers from 0 to below `limit`. */
export type Random = (limit: number) => number

interface Kind {
  readonly name: string
  /** What was sent in good faith. */
  readonly good: readonly Frames[]
  readonly read: (frames: Frames) => void
}

/** Rows that are looked at, of what turned out to be a table. */
const ROWS = 20
const LENGTH_MAX = 20_000
const BYTES = [0, 1, 2, 0x2e, 0x7f, 0x80, 0xfe, 0xff]
const WORDS = [0, 1, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff]
const OPCODES = [
  0x28, 0x29, 0x30, 0x31, 0x32, 0x4e, 0x52, 0x5d, 0x61, 0x62, 0x64, 0x65, 0x6c, 0x73, 0x74, 0x75, 0x7d, 0x81, 0x85,
  0x86, 0x87, 0x88, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98,
]

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../unit/dask/fixtures/${name}.json`, import.meta.url), 'utf8')) as T
}

interface GoldenPickle {
  readonly pickle: string
  readonly buffers: string[]
}
interface GoldenArrow {
  readonly tables: Record<string, GoldenPickle & { readonly message: string[] }>
  readonly frames: Record<string, string[]>
  readonly opened: Record<string, GoldenPickle>
}

const arrow = golden<GoldenArrow>('arrow')
const pickles = Object.values(golden<Record<string, Record<string, GoldenPickle>>>('pickles'))
const messages = ['messages', 'client', 'worker'].flatMap((name) =>
  Object.values(golden<Record<string, string[]>>(name)),
)
const compressed = Object.values(golden<Record<string, Record<string, string[]>>>('compressed'))
const tables = Object.values(arrow.tables)
const framesOf = (texts: readonly string[]) => texts.map(bytesOf)
const lastFrames = (kind: string) => compressed.map((one) => framesOf(one[kind] as string[]).slice(-1))

/** Everything that is read of what Dask's nodes send. */
export const KINDS: readonly Kind[] = [
  {
    name: 'pickles',
    good: [...pickles.flatMap((forms) => Object.values(forms)), ...tables, ...Object.values(arrow.opened)].map(
      ({ pickle, buffers }) => framesOf([pickle, ...buffers]),
    ),
    read: ([pickle = new Uint8Array(), ...buffers]) => {
      const value = readPickle(pickle, buffers)
      use(fromPython(value))
      writePickle(value, toPython)
    },
  },
  {
    name: 'tables',
    good: tables.map(({ message }) => framesOf(message.slice(-1))),
    read: ([stream]) => use(readTable(loadArrow(), stream as Uint8Array)),
  },
  {
    name: 'messages',
    good: [...messages, ...tables.map(({ message }) => message), ...Object.values(arrow.frames)].map(framesOf),
    read: (frames) => open(unpackDask(frames)),
  },
  ...(['lz4', 'snappy', 'zlib'] as const).map((kind) => ({
    name: kind,
    good: lastFrames(kind),
    read: ([frame]: Frames) => void decompress(kind, frame as Uint8Array),
  })),
]

/** One hostile input of that kind. */
export function hostile(kind: Kind, random: Random): Frames {
  if (kind.name === 'pickles' && random(4) === 0) return [program(random), new Uint8Array(16)]
  const frames = [...(kind.good[random(kind.good.length)] as Frames)]
  for (let n = 1 + random(6); n > 0; n--) {
    const which = random(3) === 0 ? random(frames.length) : largestOf(frames, random)
    frames[which] = changed(frames[which] as Uint8Array, kind, random)
  }
  return frames
}

/** Reads it: what happens is a value or one of these errors, which is given. @throws anything else. */
export function survive(kind: Kind, frames: Frames): Error | undefined {
  try {
    kind.read(frames)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ProtocolError || error instanceof CloneError) return error
    throw error
  }
}

/** The same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

function program(random: Random): Uint8Array {
  const parts = Array.from({ length: random(120) }, () => {
    const which = random(OPCODES.length + 2)
    if (which === OPCODES.length) return [0x68, random(4)]
    return which > OPCODES.length ? [0x8c, 1, 97] : [OPCODES[which] as number]
  })
  return Uint8Array.from([...parts.flat(), 0x2e])
}

function largestOf(frames: Frames, random: Random): number {
  const one = random(frames.length)
  const other = random(frames.length)
  return (frames[one] as Uint8Array).byteLength >= (frames[other] as Uint8Array).byteLength ? one : other
}

function changed(frame: Uint8Array, kind: Kind, random: Random): Uint8Array {
  const at = random(frame.byteLength + 1)
  const bytes = Uint8Array.from(frame)
  switch (random(8)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return spliced(bytes, at, random(16), pieceOf(bytes, random))
    case 2: {
      const other = kind.good[random(kind.good.length)] as Frames
      return spliced(bytes, at, random(16), pieceOf(other[random(other.length)] as Uint8Array, random))
    }
    case 3:
      return spliced(bytes, at, random(64), new Uint8Array())
    case 4:
    case 5: {
      const word = at & ~3
      if (word + 4 > bytes.byteLength) return bytes
      const view = new DataView(bytes.buffer)
      view.setUint32(word, random(3) === 0 ? random(bytes.byteLength) : (WORDS[random(WORDS.length)] as number), true)
      return bytes
    }
    default:
      if (at < bytes.byteLength) bytes[at] = random(2) === 0 ? random(256) : (BYTES[random(BYTES.length)] as number)
      return bytes
  }
}

function pieceOf(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random(bytes.byteLength + 1)
  return bytes.subarray(from, from + random(64))
}

function spliced(bytes: Uint8Array, at: number, dropped: number, added: Uint8Array): Uint8Array {
  if (bytes.byteLength > LENGTH_MAX) return bytes
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + dropped)]))
}

/** Every value in a message. */
function open(message: unknown): void {
  if (message instanceof Encoded) return use(decode(message))
  if (message instanceof Map || Array.isArray(message)) for (const item of message.values()) open(item)
}

/** A table that was accepted can be looked at; its items may be wrong, as those of any sender. */
function use(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('batches' in value)) return
  const table = value as ArrowTable & { numRows: number; get(row: number): { toJSON(): unknown } | null }
  try {
    for (let row = 0; row < Math.min(table.numRows, ROWS); row++) table.get(row)?.toJSON()
  } catch {
    // An error of apache-arrow's, as for a text that is none: it is the caller's, who looks at that item.
  }
}
