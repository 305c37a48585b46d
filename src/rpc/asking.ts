import { setImmediate as turn } from 'node:timers/promises'
import type { Comm } from '../comm/comm.js'
import { CommClosedError, ProtocolError } from '../errors.js'
import type { Call } from './call.js'
import type { Dialled } from './dial.js'
import type { ForeignCaller, Line } from './foreign.js'

/** Milliseconds without use after which the peer may have hung up without our having looked. */
const LOOK_AFTER_MS = 50

/** A connection on which we ask, one request at a time. */
export class Asking {
  /** The connection is gone. */
  onLost: () => void = () => {}
  readonly #comm: Comm
  #resolve: ((answer: Uint8Array[]) => void) | undefined
  #reject: ((reason: Error) => void) | undefined
  #idleSince = performance.now()
  #isNew = true
  #ended: Error | undefined

  /** Puts what is asked in the words of another system. */
  readonly translator: ForeignCaller | undefined

  constructor({ comm, foreign }: Dialled) {
    this.#comm = comm
    this.translator = foreign?.caller()
    comm.onMessage = (frames) => this.#answered(frames)
    comm.onClose = (reason) => this.#lost(reason)
    comm.resume()
  }

  get closed(): boolean {
    return this.#comm.closed
  }

  /** Bytes that came on it so far. */
  get receivedBytes(): number {
    return this.#comm.receivedBytes
  }

  /** Nothing was asked on it yet. */
  get isNew(): boolean {
    return this.#isNew
  }

  get needsLook(): boolean {
    return performance.now() - this.#idleSince > LOOK_AFTER_MS
  }

  /**
   * Lets the event loop see whether the peer has hung up meanwhile: what arrived before this call is known after the
   * second turn. So nothing is ever written to a connection that was closed while idle, and no request sent twice.
   */
  async look(): Promise<void> {
    await turn()
    await turn()
  }

  ask(frames: readonly Uint8Array[], call: Call): Promise<Uint8Array[]> {
    return call.wait<Uint8Array[]>((resolve, reject) => {
      this.#isNew = false
      if (this.#ended) return reject(this.#ended)
      this.#resolve = resolve
      this.#reject = reject
      this.#comm.ref()
      this.#comm.send(frames)
      // Nothing else will leave on this connection in this turn.
      this.#comm.flush()
    })
  }

  /** This connection during one call, for a translator. */
  lineOf(call: Call): Line {
    return {
      peer: this.#comm.peerAddress,
      ask: (frames) => this.ask(frames, call),
      tell: (frames) => {
        this.#comm.send(frames)
        this.#comm.flush()
      },
    }
  }

  /** Waits for the next request, without keeping the process alive. */
  rest(): void {
    this.#idleSince = performance.now()
    this.#comm.unref()
  }

  /** While somebody may wait for the end, the process stays. */
  close(): Promise<void> {
    this.#comm.ref()
    return this.#comm.close()
  }

  abort(reason: Error): void {
    this.#comm.abort(reason)
  }

  #answered(frames: Uint8Array[]): void {
    const resolve = this.#resolve
    this.#resolve = this.#reject = undefined
    if (resolve) resolve(frames)
    else this.#comm.abort(new ProtocolError(`${this.#comm.peerAddress} sent a message that nobody asked for`))
  }

  #lost(reason: Error | undefined): void {
    this.#ended = this.#explain(reason)
    this.#reject?.(this.#ended)
    this.#resolve = this.#reject = undefined
    this.onLost()
  }

  #explain(reason: Error | undefined): Error {
    if (reason instanceof CommClosedError) return reason
    return new CommClosedError(this.#comm.peerAddress, reason?.message ?? 'it gave no answer', { cause: reason })
  }
}
