import { LARGE_FRAME, writePrelude } from './framing.js'
import { HIGH_WATER_MARK } from './limits.js'
import { type ByteSink, PacedWriter } from './paced-writer.js'

/** Small pieces are copied together up to this many bytes. */
const TOGETHER = 1024 * 1024

/**
 * Collects the messages of one event-loop turn and writes them at its end in one go: small frames copied together,
 * large ones as they are.
 */
export class Sender {
  readonly #writer: PacedWriter
  #messages: (readonly Uint8Array[])[] = []
  #callbacks: (() => void)[] = []
  #queuedBytes = 0
  /** Of those, bytes of preludes and small frames. */
  #smallBytes = 0
  #immediate: NodeJS.Immediate | undefined
  #waiting: (() => void)[] = []
  #closed = false

  constructor(sink: ByteSink) {
    this.#writer = new PacedWriter(sink, () => this.#release())
  }

  get pendingBytes(): number {
    return this.#queuedBytes + this.#writer.pendingBytes
  }

  send(frames: readonly Uint8Array[], onWritten?: () => void): void {
    if (this.#closed) {
      if (onWritten) queueMicrotask(onWritten)
      return
    }
    const prelude = 16 + 8 * frames.length
    this.#queuedBytes += prelude
    this.#smallBytes += prelude
    for (const { byteLength } of frames) {
      this.#queuedBytes += byteLength
      if (byteLength < LARGE_FRAME) this.#smallBytes += byteLength
    }
    this.#messages.push(frames)
    if (onWritten) this.#callbacks.push(onWritten)
    this.#immediate ??= setImmediate(() => this.flush())
  }

  flush(): void {
    if (this.#immediate) clearImmediate(this.#immediate)
    this.#immediate = undefined
    if (this.#messages.length === 0) return
    const nbytes = this.#queuedBytes
    const isSmall = nbytes === this.#smallBytes && nbytes <= TOGETHER
    const pieces = isSmall ? [joined(this.#messages, nbytes)] : gather(this.#messages, this.#smallBytes)
    const callbacks = this.#callbacks
    this.#messages = []
    this.#callbacks = []
    this.#queuedBytes = this.#smallBytes = 0
    this.#writer.write(pieces, nbytes, () => {
      for (const callback of callbacks) callback()
    })
  }

  /** Takes nothing more, and calls back when all that it has taken is written. */
  end(onEnd: () => void): void {
    this.flush()
    this.#closed = true
    this.#writer.end(onEnd)
  }

  drained(): Promise<void> {
    if (this.#closed || this.pendingBytes < HIGH_WATER_MARK) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** What was not given to the system never will be. */
  close(): void {
    this.#closed = true
    if (this.#immediate) clearImmediate(this.#immediate)
    this.#immediate = undefined
    const callbacks = this.#callbacks
    this.#messages = []
    this.#callbacks = []
    this.#queuedBytes = this.#smallBytes = 0
    for (const callback of callbacks) callback()
    this.#writer.drop()
    this.#release()
  }

  #release(): void {
    if (this.#waiting.length === 0 || (!this.#closed && this.pendingBytes >= HIGH_WATER_MARK)) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Messages without large frames, as one piece of memory. */
function joined(messages: readonly (readonly Uint8Array[])[], nbytes: number): Uint8Array {
  const memory = Buffer.allocUnsafe(nbytes)
  let at = 0
  for (const frames of messages) {
    at = writePrelude(memory, at, frames)
    for (const frame of frames) {
      memory.set(frame, at)
      at += frame.byteLength
    }
  }
  return memory
}

/** The messages as few pieces of memory. `smallBytes` is the size of all that is copied. */
function gather(messages: readonly (readonly Uint8Array[])[], smallBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let left = smallBytes
  let memory = Buffer.allocUnsafe(Math.min(left, TOGETHER))
  let from = 0
  let at = 0
  const cut = () => {
    if (at > from) pieces.push(memory.subarray(from, at))
    from = at
  }
  const reserve = (nbytes: number) => {
    if (at + nbytes > memory.byteLength) {
      cut()
      memory = Buffer.allocUnsafe(Math.max(nbytes, Math.min(left, TOGETHER)))
      from = at = 0
    }
    left -= nbytes
  }
  for (const frames of messages) {
    reserve(16 + 8 * frames.length)
    at = writePrelude(memory, at, frames)
    for (const frame of frames) {
      if (frame.byteLength >= LARGE_FRAME) {
        cut()
        pieces.push(frame)
      } else if (frame.byteLength > 0) {
        reserve(frame.byteLength)
        memory.set(frame, at)
        at += frame.byteLength
      }
    }
  }
  cut()
  return pieces
}
