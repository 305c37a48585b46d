import type { ToClientMessage } from '../protocol/messages.js'
import type { ClientId } from '../protocol/names.js'
import type { MessageStream } from '../rpc/stream.js'

/** Why a client's messages are not read for now. */
export type Hold =
  /** A large graph of it is being taken in. */
  | 'ingesting'
  /** It does not read what it is told. */
  | 'behind'

/** One connected client. */
export class ClientLink {
  /** Set as soon as the stream is there. */
  stream!: MessageStream<ToClientMessage>
  readonly #holds = new Set<Hold>()

  constructor(readonly id: ClientId) {}

  hold(why: Hold): void {
    if (this.#holds.size === 0) this.stream.pause()
    this.#holds.add(why)
  }

  release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.stream.resume()
  }
}
