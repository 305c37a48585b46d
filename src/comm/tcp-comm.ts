import type { Socket } from 'node:net'
import { CommClosedError, ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import type { Comm } from './comm.js'
import { STRANGER_MS } from './limits.js'
import type { Receiver } from './receiver.js'
import { Sender } from './sender.js'

/** After so long without a byte the system asks whether the peer is there, and gives it up 10 s later. */
const KEEP_ALIVE_MS = 30_000
/**
 * How long a peer may take nothing of what waits for it. Keep-alive does not ask while bytes are on their way, and a
 * program that blocks its event loop looks the same from here.
 */
const STALL_MS = 300_000
/** How long a peer that does not read can hold up a polite close. */
const LINGER_MS = 5000

export interface TcpCommOptions {
  localAddress: Address
  peerAddress: Address
  /** Fed by the socket already, through `onread` or 'data'. */
  receiver: Receiver
  /** What a broken connection means, where the system's words do not say it. */
  explain?: (error: Error) => Error | undefined
}

/** One connected socket. */
export class TcpComm implements Comm {
  readonly localAddress: Address
  readonly peerAddress: Address
  onMessage: (frames: Uint8Array[]) => void = () => {}
  onClose: (reason: Error | undefined) => void = () => {}
  /** Called when the comm stops being a stranger, by trust or by its end. */
  onSettled: () => void = () => {}
  readonly #socket: Socket
  readonly #receiver: Receiver
  readonly #sender: Sender
  readonly #explain: TcpCommOptions['explain']
  readonly #ended: Promise<void>
  #closed = false
  /** It has said that it sends no more; the system then takes nothing for it either. */
  #peerEnded = false
  #reason: Error | undefined
  #saidClosed = false
  #strangerTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, options: TcpCommOptions) {
    this.localAddress = options.localAddress
    this.peerAddress = options.peerAddress
    this.#socket = socket
    this.#receiver = options.receiver
    this.#sender = new Sender(socket)
    this.#explain = options.explain
    this.#receiver.onMessage = (frames) => this.onMessage(frames)
    this.#receiver.onError = (error) => this.abort(error)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setTimeout(STALL_MS, () => this.#onStall())
    socket.on('error', (error) => this.#lose(error))
    socket.on('end', () => this.#onPeerEnd())
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.once('close', () => this.#finish())
    const late = () =>
      this.abort(new ProtocolError(`${this.peerAddress} sent no handshake within ${STRANGER_MS / 1000} s`))
    this.#strangerTimer = setTimeout(late, STRANGER_MS).unref()
  }

  get closed(): boolean {
    return this.#closed || this.#peerEnded
  }

  get pendingBytes(): number {
    return this.#sender.pendingBytes
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead
  }

  send(frames: readonly Uint8Array[], onWritten?: () => void): void {
    this.#sender.send(frames, onWritten)
  }

  flush(): void {
    this.#sender.flush()
  }

  drained(): Promise<void> {
    return this.#sender.drained()
  }

  trust(): void {
    this.#receiver.trust()
    this.#settle()
  }

  /** From here on whatever comes is given to `take`, as it is. */
  passOn(take: (bytes: Uint8Array) => void): void {
    this.#receiver.onBytes = take
    this.#settle()
  }

  /** Bytes as they are, after what was sent before. False: there is enough until `onceDrained`. */
  write(bytes: Uint8Array): boolean {
    this.flush()
    return this.#socket.destroyed || this.#socket.write(bytes)
  }

  onceDrained(callback: () => void): void {
    this.#socket.once('drain', callback)
  }

  pause(): void {
    this.#receiver.pause()
    this.#socket.pause()
  }

  resume(): void {
    this.#receiver.resume()
    if (this.#receiver.paused) return
    if (!this.#socket.destroyed) this.#socket.resume()
    else this.#sayClosed()
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#receiver.stop()
      this.#socket.resume()
      this.#sender.end(() => this.#socket.end())
      const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
      this.#socket.once('close', () => clearTimeout(linger))
    }
    await this.#ended
  }

  abort(reason: Error): void {
    if (this.#saidClosed || this.#socket.destroyed) return
    this.#reason ??= reason
    this.#receiver.stop()
    this.#socket.destroy()
  }

  #lose(error: Error): void {
    if (this.#closed) return
    this.#reason ??= this.#explain?.(error) ?? new CommClosedError(this.peerAddress, error.message, { cause: error })
  }

  #onPeerEnd(): void {
    this.#peerEnded = true
    this.#sender.close()
    if (!this.#closed) this.#reason ??= this.#receiver.endError
  }

  /** Nothing has moved in either direction. */
  #onStall(): void {
    if (this.pendingBytes === 0) return
    const text = `it took nothing of ${this.pendingBytes} bytes for ${STALL_MS / 1000} s`
    this.abort(new CommClosedError(this.peerAddress, text))
  }

  #settle(): void {
    clearTimeout(this.#strangerTimer)
    this.#strangerTimer = undefined
    this.onSettled()
    this.onSettled = () => {}
  }

  #finish(): void {
    this.#closed = true
    this.#settle()
    this.#sender.close()
    if (this.#receiver.backlog === 0) this.#sayClosed()
  }

  #sayClosed(): void {
    if (this.#saidClosed) return
    this.#saidClosed = true
    this.#receiver.stop()
    this.onClose(this.#reason)
  }
}
