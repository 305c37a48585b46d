import type { ToClientMessage } from '../protocol/messages.js'
import type { ClientId } from '../protocol/names.js'
import type { MessageStream } from '../rpc/stream.js'
import type { Clock } from '../util/clock.js'

/** How long an acknowledgement may wait for a message with which it can leave. */
const ACK_MS = 100

/** To a client that is so far behind what tasks print is not told. */
const LOGS_BEHIND_BYTES = 4 * 2 ** 20

/** Less is not worth a message. */
const LOAD_STEP_BYTES = 4 * 2 ** 20

type TaskLog = Extract<ToClientMessage, { op: 'task-log' }>
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
  #linesLeftOut = 0
  /** Bytes of all its submissions. */
  #taken = 0
  #told = { taken: 0, waiting: 0 }

  constructor(
    readonly id: ClientId,
    clock: Clock,
  ) {
    this.#clock = clock
  }

  /** An acknowledgement wakes nobody: it leaves with the next message, or a moment later. */
  send(message: ToClientMessage): void {
    if (message.op === 'ack') return this.#acknowledge(message)
    if (message.op === 'task-log' && !this.#tellsLeftOut(message)) return
    this.#sayAck()
    this.stream.send(message)
  }

  /** False: this line is left out, too. */
  #tellsLeftOut(line: TaskLog): boolean {
    if (this.stream.pendingBytes > LOGS_BEHIND_BYTES) {
      this.#linesLeftOut++
      return false
    }
    if (this.#linesLeftOut > 0) {
      const text = `${this.#linesLeftOut} lines of output were left out: this client does not read fast enough`
      this.#linesLeftOut = 0
      this.stream.send({ ...line, level: 'warn', text })
    }
    return true
  }

  /** A submission was read. */
  noteTaken(bytes: number): void {
    this.#taken += bytes
  }

  /** Tells it what its tasks take that have not ended, if that has changed enough since to matter. */
  tellLoad(waiting: number): void {
    const change = Math.max(this.#taken - this.#told.taken, Math.abs(waiting - this.#told.waiting))
    if (change < LOAD_STEP_BYTES && !(waiting === 0 && this.#told.waiting > 0)) return
    this.#told = { taken: this.#taken, waiting }
    this.send({ op: 'load', ...this.#told })
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
