/**
 * Messages as bytes, exactly Dask's:
 *
 *   F        u64   bytes that follow it in the first block: n, lengths, and the first few frames
 *   n        u64   number of frames
 *   lengths  n×u64
 *   frames         back to back; those after the first block follow without anything between
 *
 * All little endian. We write every frame into the first block; others need not.
 */
import { ProtocolError } from '../errors.js'
import type { Allocate, CommLimits } from './comm.js'
import { StrangerError } from './stranger.js'

/** Frames from this size on have memory of their own; smaller ones travel together. */
export const LARGE_FRAME = 4096

const WORD = 8
const HIGH = 2 ** 32

/** The bytes in front of `frames`. */
export function preludeOf(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(WORD * (2 + frames.length))
  writePrelude(bytes, 0, frames)
  return bytes
}

/** Writes the prelude of `frames` into `target`; returns the position behind it. */
export function writePrelude(target: Uint8Array, at: number, frames: readonly Uint8Array[]): number {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  let total = WORD * (1 + frames.length)
  for (const frame of frames) total += frame.byteLength
  writeU64(view, at, total)
  writeU64(view, at + WORD, frames.length)
  let position = at + 2 * WORD
  for (const frame of frames) {
    writeU64(view, position, frame.byteLength)
    position += WORD
  }
  return position
}

export interface ParserOptions {
  limits: CommLimits
  /** Memory of frames from `LARGE_FRAME` on, the message proper excepted. */
  allocate: Allocate
  onMessage: (frames: Uint8Array[]) => void
}

/**
 * Cuts a stream of bytes into messages, however the bytes arrive. Bytes come in by `push`, which copies; or, inside a
 * large frame, they are read straight into `rest`, the unfilled part of that frame, and reported by `filled`.
 * Every frame that is handed out is memory of its own. Memory for a frame is taken when its first byte is due.
 * @throws ProtocolError when the bytes are no message or pass a limit; the parser is of no use after that.
 */
export class FrameParser {
  limits: CommLimits
  readonly #allocate: Allocate
  readonly #onMessage: (frames: Uint8Array[]) => void
  #header = new Uint8Array(2 * WORD)
  #lengths: readonly number[] | undefined
  #frames: Uint8Array[] = []
  /** What is being filled now, and how far it is. */
  #target: Uint8Array = this.#header
  #at = 0
  /** A whole message was read. */
  #begun = false

  constructor(options: ParserOptions) {
    this.limits = options.limits
    this.#allocate = options.allocate
    this.#onMessage = options.onMessage
  }

  /** The unfilled part of the large frame that is arriving, if one is. */
  get rest(): Uint8Array | undefined {
    const inFrame = this.#lengths !== undefined && this.#target.byteLength >= LARGE_FRAME
    return inFrame ? this.#target.subarray(this.#at) : undefined
  }

  /** What it means that no more bytes come: nothing, or an error if that is in the middle of a message. */
  get endError(): ProtocolError | undefined {
    if (this.#target !== this.#header || this.#lengths) return new ProtocolError('it ended in the middle of a message')
    if (this.#at === 0) return undefined
    return this.#begun
      ? new ProtocolError('it ended in the middle of a message')
      : new StrangerError(this.#header.subarray(0, this.#at))
  }

  filled(nbytes: number): void {
    this.#at += nbytes
    this.#advance()
  }

  push(chunk: Uint8Array): void {
    let from = 0
    while (from < chunk.byteLength) {
      const to = this.#whole(chunk, from)
      if (to !== undefined) {
        from = to
        continue
      }
      const n = Math.min(this.#target.byteLength - this.#at, chunk.byteLength - from)
      copy(chunk, from, n, this.#target, this.#at)
      from += n
      this.filled(n)
    }
  }

  /** Most messages are one small frame that is there from begin to end; gives the position behind it. */
  #whole(chunk: Uint8Array, from: number): number | undefined {
    if (this.#at > 0 || this.#target !== this.#header || from + 3 * WORD > chunk.byteLength) return undefined
    const view = viewOf(chunk)
    const nbytes = readU64(view, from + 2 * WORD)
    const to = from + 3 * WORD + nbytes
    if (nbytes >= LARGE_FRAME || to > chunk.byteLength || readU64(view, from + WORD) !== 1) return undefined
    // What is not as it should be is refused the long way.
    if (readU64(view, from) !== 2 * WORD + nbytes || nbytes + 2 * WORD > this.limits.maxTotal) return undefined
    if (nbytes > this.limits.maxHead) return undefined
    this.#begun = true
    this.#onMessage([headCopy(chunk, from + 3 * WORD, to)])
    return to
  }

  #advance(): void {
    while (this.#at === this.#target.byteLength) {
      if (this.#lengths) this.#frameDone()
      else if (this.#target === this.#header) this.#startLengths()
      else this.#startFrames()
    }
  }

  #startLengths(): void {
    const n = readU64(viewOf(this.#header), WORD)
    if (!this.#begun && n !== 1) throw new StrangerError(this.#header)
    if (n < 1) throw new ProtocolError('a message without frames')
    if (n > this.limits.maxFrames)
      throw new ProtocolError(`a message of ${n} frames; at most ${this.limits.maxFrames} are allowed`)
    this.#fill(new Uint8Array(WORD * n))
  }

  #startFrames(): void {
    const view = viewOf(this.#target)
    const lengths: number[] = []
    for (let at = 0; at < this.#target.byteLength; at += WORD) lengths.push(readU64(view, at))
    checkLengths(readU64(viewOf(this.#header), 0), lengths, this.limits)
    this.#lengths = lengths
    this.#nextFrame(lengths)
  }

  #frameDone(): void {
    this.#frames.push(this.#target)
    const lengths = this.#lengths as readonly number[]
    if (this.#frames.length < lengths.length) this.#nextFrame(lengths)
    else this.#messageDone()
  }

  #messageDone(): void {
    const frames = this.#frames
    this.#frames = []
    this.#lengths = undefined
    this.#begun = true
    this.#fill(this.#header)
    this.#onMessage(frames)
  }

  #nextFrame(lengths: readonly number[]): void {
    const index = this.#frames.length
    this.#fill(this.#memory(lengths[index] as number, index))
  }

  #memory(nbytes: number, index: number): Uint8Array {
    if (nbytes < LARGE_FRAME) return new Uint8Array(nbytes)
    if (index === 0) return ordinaryMemory(nbytes)
    const memory = this.#allocate(nbytes)
    if (memory.byteLength !== nbytes) throw new RangeError(`allocate(${nbytes}) gave ${memory.byteLength} bytes`)
    return memory
  }

  #fill(target: Uint8Array): void {
    this.#target = target
    this.#at = 0
  }
}

/** Memory without meaning yet, in an ordinary ArrayBuffer; the system hands it out page by page as it is written. */
export function ordinaryMemory(nbytes: number): Uint8Array {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(nbytes).buffer, 0, nbytes)
  } catch (error) {
    throw new ProtocolError(`a frame of ${nbytes} bytes, for which there is no memory`, { cause: error })
  }
}

/** `F` must end where a frame ends, and nothing may be larger than is allowed. */
function checkLengths(blockLength: number, lengths: readonly number[], limits: CommLimits): void {
  const head = lengths[0] as number
  if (head > limits.maxHead)
    throw new ProtocolError(`a message head of ${head} bytes; at most ${limits.maxHead} are allowed`)
  let total = WORD * (1 + lengths.length)
  let agrees = total === blockLength
  for (const length of lengths) {
    total += length
    agrees ||= total === blockLength
  }
  if (total > limits.maxTotal)
    throw new ProtocolError(`a message of ${total} bytes; at most ${limits.maxTotal} are allowed`)
  if (!agrees)
    throw new ProtocolError(`the first block is said to have ${blockLength} bytes, which is not where a frame ends`)
}

/** The message proper, which is taken apart at once: it may share its memory with others. */
function headCopy(chunk: Uint8Array, from: number, to: number): Uint8Array {
  const head = Buffer.allocUnsafe(to - from)
  copy(chunk, from, to - from, head, 0)
  return head
}

/** A loop is faster than `set` for the few bytes of a small frame. */
function copy(from: Uint8Array, start: number, n: number, to: Uint8Array, at: number): void {
  if (n > 32) to.set(from.subarray(start, start + n), at)
  else for (let i = 0; i < n; i++) to[at + i] = from[start + i] as number
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / HIGH), true)
}

/** Lengths that no number can hold become infinite, and so pass every limit. */
function readU64(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true)
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY
}
