import type { Comm } from '../comm/comm.js'
import { OBJECT_BYTES } from '../comm/limits.js'
import { ProtocolError } from '../errors.js'
import { type Batch, type Codec, heddleCodec } from '../protocol/codec.js'
import type { Address } from '../protocol/names.js'
import type { MessageStream, StreamEvents } from './stream.js'
import { trace, wire } from './trace.js'

/** What one batch holds at most before it leaves ahead of the turn's end. */
const TOGETHER_BYTES = 256 * 1024
const TOGETHER_FRAMES = 1024

/** After so much has been read, others have a turn: a batch takes milliseconds to deal with, and the next may be here. */
const TURN_BYTES = 128 * 1024

/**
 * A stream over a comm:
 *
 *   send send send │ end of turn          frame 0   [message, message, message]
 *    └────┴────┴───┴────► one batch ────► frames    large buffers, in the order in which they are named
 *
 * Each message is packed when it is sent; nothing else is kept of it, and no promise or closure is made for it.
 */
export class CommStream<Out, In> implements MessageStream<Out> {
  readonly #comm: Comm
  readonly #events: StreamEvents<In>
  readonly #codec: Codec
  readonly #batch: Batch
  readonly #onTurn = () => this.flush()
  readonly #onHeld = () => {
    this.#holding = undefined
    this.flush()
  }
  #immediate: NodeJS.Immediate | undefined
  /** Not put off or stopped when something leaves before: that would cost more. */
  #holding: NodeJS.Timeout | undefined
  #paused = false
  #saidClosed = false

  constructor(comm: Comm, events: StreamEvents<In>, codec: Codec = heddleCodec) {
    this.#comm = comm
    this.#codec = codec
    this.#batch = codec.batch(comm.isNear)
    this.#events = events
    comm.onMessage = (frames, beside) => this.#receive(frames, beside)
    comm.onClose = (reason) => this.sayClosed(reason)
  }

  get peer(): Address {
    return this.#comm.peerAddress
  }

  get pendingBytes(): number {
    return this.#comm.pendingBytes + this.#batch.nbytes
  }

  get closed(): boolean {
    return this.#saidClosed || this.#comm.closed
  }

  send(message: Out): void {
    if (this.closed) return
    const batch = this.#batch
    batch.add(message)
    if (wire.hasSubscribers)
      trace('message', this.#comm.localAddress, this.peer, (message as { op: string }).op, message)
    if (batch.nbytes >= TOGETHER_BYTES || batch.nframes >= TOGETHER_FRAMES) this.flush()
    else this.#immediate ??= setImmediate(this.#onTurn)
  }

  flush(): void {
    this.#unschedule()
    if (this.#batch.length === 0) return
    const beside = this.#batch.takeBeside?.()
    this.#comm.send(this.#batch.take(), undefined, beside)
    this.#comm.flush()
  }

  hold(ms: number, nbytes: number): void {
    if (this.#batch.nbytes >= nbytes) return this.flush()
    this.#unschedule()
    if (this.#batch.length > 0) this.#holding ??= setTimeout(this.#onHeld, ms)
  }

  drained(): Promise<void> {
    this.flush()
    return this.#comm.drained()
  }

  async close(): Promise<void> {
    this.flush()
    await this.#comm.close()
  }

  abort(reason: Error): void {
    this.#comm.abort(reason)
  }

  pause(): void {
    this.#paused = true
    this.#comm.pause()
  }

  resume(): void {
    this.#paused = false
    this.#comm.resume()
  }

  /** Begins to read a comm that was paused, unless the stream's owner has paused it meanwhile. */
  start(): void {
    if (!this.#paused) this.#comm.resume()
  }

  ref(): void {
    this.#comm.ref()
  }

  unref(): void {
    this.#comm.unref()
  }

  /** The comm has ended; here only for one that did so before this stream was made. */
  sayClosed(reason: Error | undefined): void {
    if (this.#saidClosed) return
    this.#saidClosed = true
    this.#unschedule()
    clearTimeout(this.#holding)
    if (this.#batch.length > 0) this.#batch.take()
    this.#events.onClose(reason)
  }

  /** Nothing is to leave at the end of this turn. */
  #unschedule(): void {
    if (this.#immediate) clearImmediate(this.#immediate)
    this.#immediate = undefined
  }

  #receive(frames: Uint8Array[], beside: readonly object[] | undefined): void {
    try {
      const messages = this.#codec.unpackBatch(frames, this.#events, beside) as In[]
      if (messages.length > 0) this.#events.onMessages(messages)
      if ((frames[0]?.byteLength ?? 0) + (beside?.length ?? 0) * OBJECT_BYTES > TURN_BYTES) this.#rest()
    } catch (error) {
      this.#comm.abort(error instanceof ProtocolError ? this.#refusal(error) : (error as Error))
    }
  }

  #rest(): void {
    if (this.#paused) return
    this.#comm.pause()
    setImmediate(() => {
      if (!this.#paused) this.#comm.resume()
    })
  }

  #refusal({ message }: ProtocolError): ProtocolError {
    return new ProtocolError(`${this.peer} sent a wrong message: ${message}`)
  }
}
