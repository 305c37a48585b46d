import type { OnReadOpts } from 'node:net'
import type { Allocate, CommLimits } from './comm.js'
import { FrameParser, ordinaryMemory } from './framing.js'
import { STRANGER_LIMITS, withDefaults } from './limits.js'

/** One for all connections: a read is taken apart before the next one begins. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024)

export interface ReceiverOptions {
  allocate?: Allocate | undefined
  limits?: Partial<CommLimits> | undefined
}

/**
 * Bytes in, messages out, with a pause. `onread` lets a socket read large frames straight into their final memory.
 * While paused, the messages of the chunk that had been read already are kept; a paused socket reads no further.
 */
export class Receiver {
  onMessage: (frames: Uint8Array[]) => void = () => {}
  /** The bytes are no message: nothing can be understood from here on. */
  onError: (error: Error) => void = () => {}
  /** If set, bytes are given to it as they come, and not taken apart. They are its own. */
  onBytes: ((bytes: Uint8Array) => void) | undefined
  readonly onread: OnReadOpts
  readonly #parser: FrameParser
  readonly #limits: CommLimits
  readonly #backlog: Uint8Array[][] = []
  #paused = false
  #stopped = false

  constructor(options: ReceiverOptions) {
    this.#limits = withDefaults(options.limits)
    this.#parser = new FrameParser({
      limits: STRANGER_LIMITS,
      allocate: options.allocate ?? ordinaryMemory,
      onMessage: (frames) => this.#deliver(frames),
    })
    this.onread = {
      buffer: () => (this.#stopped || this.onBytes ? SCRATCH : (this.#parser.rest ?? SCRATCH)),
      callback: (nread, memory) => {
        this.#take(nread, memory)
        return !this.#paused
      },
    }
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Messages that wait for `resume`. */
  get backlog(): number {
    return this.#backlog.length
  }

  /** What it means that the peer sends no more. */
  get endError(): Error | undefined {
    return this.#stopped ? undefined : this.#parser.endError
  }

  trust(): void {
    this.#parser.limits = this.#limits
  }

  /** For sockets without `onread`: the bytes are copied. */
  push(chunk: Uint8Array): void {
    if (this.onBytes !== undefined) this.onBytes(chunk)
    else this.#guard(() => this.#parser.push(chunk))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#guard(() => {
      while (!this.#paused && this.#backlog.length > 0) this.onMessage(this.#backlog.shift() as Uint8Array[])
    })
  }

  /** Nothing is delivered any more; what still arrives is read and dropped, up to the peer's end. */
  stop(): void {
    this.#stopped = true
    this.#paused = false
    this.#backlog.length = 0
  }

  #take(nread: number, memory: Uint8Array): void {
    if (memory === SCRATCH) this.push(this.onBytes ? SCRATCH.slice(0, nread) : SCRATCH.subarray(0, nread))
    else this.#guard(() => this.#parser.filled(nread))
  }

  #deliver(frames: Uint8Array[]): void {
    if (this.#stopped) return
    if (this.#paused) this.#backlog.push(frames)
    else this.onMessage(frames)
  }

  #guard(work: () => void): void {
    if (this.#stopped) return
    try {
      work()
    } catch (error) {
      this.stop()
      this.onError(error as Error)
    }
  }
}
