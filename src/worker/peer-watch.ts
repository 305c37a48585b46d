/**
 * Whether a peer that owes an answer can still be reached. A connection whose other end was cut off looks like one whose
 * other end is busy, for many minutes; a new one cannot be made then.
 */

import type { TlsCredentials } from '../comm/tls-credentials.js'
import { connect } from '../comm/transports.js'
import { ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'

/** So long without a byte is worth a look. */
const SILENCE_MS = 3000
const CONNECT_TIMEOUT_MS = 2000

/** Bytes that came on the connection on which was asked. */
export interface Progress {
  readonly receivedBytes: number
}

/** What is watched, and who is to know that it cannot be reached. */
export interface Watched {
  readonly peer: Address
  readonly tls: TlsCredentials | undefined
  onCutOff(error: ConnectError): void
}

/** See above. Ends with `stop`. */
export class PeerWatch {
  readonly #watched: Watched
  #progress: Progress | undefined
  #timer: NodeJS.Timeout | undefined
  #seen = 0
  #stopped = false

  constructor(watched: Watched) {
    this.#watched = watched
    this.#later()
  }

  /** The question is put on that connection. */
  follow(progress: Progress): void {
    this.#progress = progress
    this.#seen = progress.receivedBytes
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), SILENCE_MS).unref()
  }

  async #look(): Promise<void> {
    const received = this.#progress?.receivedBytes
    if (received === this.#seen) await this.#knock()
    this.#seen = received ?? 0
    this.#later()
  }

  /** No word is said: also a peer whose event loop stands still lets the system accept. */
  async #knock(): Promise<void> {
    const { peer, tls, onCutOff } = this.#watched
    try {
      const comm = await connect(peer, { timeoutMs: CONNECT_TIMEOUT_MS, ...(tls && { tls }) })
      comm.abort(new Error('that was only to see whether it can be reached'))
    } catch (error) {
      if (!this.#stopped && error instanceof ConnectError) onCutOff(error)
    }
  }
}
