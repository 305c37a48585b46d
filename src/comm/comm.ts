/**
 * A connection between two nodes, whatever carries it. Messages are lists of frames: frame 0 is the message proper,
 * the others are large buffers beside it.
 */
import type { Address } from '../protocol/names.js'
import type { TlsCredentials } from './tls-credentials.js'

export interface Comm {
  /** `tcp://1.2.3.4:55512`: this end, and the other. */
  readonly localAddress: Address
  readonly peerAddress: Address
  /**
   * Queues one message. Messages of one event-loop turn leave in one write, large frames in slices of 4 MiB, one a
   * turn. The frames must not change until `onWritten` is called, which happens exactly once, also when the comm closes
   * before. Throws nothing: a closed comm drops the message.
   */
  send(frames: readonly Uint8Array[], onWritten?: () => void, beside?: readonly object[]): void
  /** The peer is in this process, and gets what is sent `beside` the frames as it is. Nobody else gets that. */
  readonly isNear?: boolean
  /** Writes what is queued now instead of at the end of the turn, for one who has collected a turn's messages himself. */
  flush(): void
  /**
   * Ends the strict limits that hold for a stranger (one message of one frame, 64 KiB, within 5 s). Call it in the
   * very `onMessage` of the handshake.
   */
  trust(): void
  /** Bytes queued and not yet taken by the system. */
  readonly pendingBytes: number
  /** Bytes that came so far. */
  readonly receivedBytes: number
  /** Resolves when `pendingBytes` is under the high-water mark again, or the comm is closed. */
  drained(): Promise<void>
  /** Called for every message, in order. Set it in the turn in which the comm was obtained. */
  onMessage: (frames: Uint8Array[], beside?: readonly object[]) => void
  /** Called once, after the last message. `undefined`: the peer closed politely. */
  onClose: (reason: Error | undefined) => void
  /** Stops and resumes reading: backpressure towards the peer. No message is delivered while paused. */
  pause(): void
  resume(): void
  readonly closed: boolean
  /** Sends what is queued, then closes. */
  close(): Promise<void>
  /** Closes at once; `reason` reaches `onClose`. */
  abort(reason: Error): void
  /** Keeps the process alive, or not (default: ref). */
  ref(): void
  unref(): void
}

/**
 * Memory for one incoming frame of `nbytes` (4 KiB or more), 64-byte aligned; default: an ordinary ArrayBuffer. Never
 * called for frame 0. If the connection ends before the frame is complete, the memory is dropped without a word.
 */
export type Allocate = (nbytes: number) => Uint8Array

export interface CommLimits {
  /** Frames of one message. Default 65 536. */
  maxFrames: number
  /** Bytes of frame 0. Default 64 MiB. */
  maxHead: number
  /** Bytes of one message. Default: the memory of this machine. */
  maxTotal: number
}

export interface ConnectOptions {
  /** Milliseconds for all tries together. */
  timeoutMs: number
  signal?: AbortSignal
  allocate?: Allocate
  limits?: Partial<CommLimits>
  /** For `tls://` addresses. */
  tls?: TlsCredentials
}

export interface ListenOptions {
  allocate?: Allocate
  limits?: Partial<CommLimits>
  /** For `tls://` addresses. */
  tls?: TlsCredentials
  /** At a loopback address other users of this machine are let in, too. */
  anyUser?: boolean
  /** A peer had no certificate that is believed, spoke no TLS, or is another user's; it was cut off. */
  onRefused?: (peer: Address, why: string) => void
  /** A comm that has been accepted, before any byte was read. */
  onComm: (comm: Comm) => void
}

export interface Listener {
  /** With the port that was really taken. */
  readonly address: Address
  close(): Promise<void>
  ref(): void
  unref(): void
}

/** One scheme: `tcp`, `tls`, `inproc`. */
export interface Transport {
  readonly scheme: string
  connect(address: Address, options: ConnectOptions): Promise<Comm>
  listen(address: Address, options: ListenOptions): Promise<Listener>
}
