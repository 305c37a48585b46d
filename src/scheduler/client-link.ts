import type { ToClientMessage } from '../protocol/messages.js'
import type { ClientId } from '../protocol/names.js'
import type { MessageStream } from '../rpc/stream.js'
import type { Clock } from '../util/clock.js'

/** How long an acknowledgement may wait for a message with which it can leave. */
const ACK_MS = 100

type Ack = Extract<ToClientMessage, { op: 'ack' }>

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
  readonly #clock: Clock
  /** Not said yet. A later one makes it needless. */
  #ack: Ack | undefined
  #waiting = false

  constructor(
    readonly id: ClientId,
    clock: Clock,
  ) {
    this.#clock = clock
  }

  /** An acknowledgement wakes nobody: it leaves with the next message, or a moment later. */
  send(message: ToClientMessage): void {
    if (message.op === 'ack') return this.#acknowledge(message)
    this.#sayAck()
    this.stream.send(message)
  }

  hold(why: Hold): void {
    if (this.#holds.size === 0) this.stream.pause()
    this.#holds.add(why)
  }

  release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.stream.resume()
  }

  #acknowledge(ack: Ack): void {
    this.#ack = ack
    if (this.#waiting) return
    this.#waiting = true
    this.#clock.after(ACK_MS, () => {
      this.#waiting = false
      this.#sayAck()
    })
  }

  #sayAck(): void {
    if (this.#ack === undefined) return
    this.stream.send(this.#ack)
    this.#ack = undefined
  }
}
