import { ClosedError, CommClosedError, SchedulerLostError } from '../errors.js'
import { compactForm } from '../protocol/compact.js'
import type { Dialect } from '../protocol/handshake.js'
import type { FromClientMessage, ToClientMessage } from '../protocol/messages.js'
import type { Address } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import { whyNotToClient } from '../protocol/validate-messages.js'
import { VERSION } from '../protocol/version.js'
import type { CallOptions } from '../rpc/pool.js'
import { type MessageStream, type Opened, openStream } from '../rpc/stream.js'
import type { AddressLike } from '../util/address.js'
import { partsOf } from './graph-parts.js'
import { Silence } from './silence.js'

/** What the link tells its owner. */
export interface LinkEvents {
  onMessages(messages: readonly ToClientMessage[]): void
  /** A question that the scheduler answers at once, on another connection. */
  ask(timeoutMs: number): Promise<unknown>
  onLost(): void
}

type Welcome = SchedulerRequests['register-client']['reply']

/** The stream to the scheduler. It keeps the process alive only while somebody holds it. */
export class Link {
  /** The scheduler's. */
  readonly dialect: Dialect
  readonly #stream: MessageStream<FromClientMessage>
  readonly #heartbeat: NodeJS.Timeout
  readonly #silence: Silence
  #holders = 0
  #ended: (() => Error) | undefined

  private constructor({ stream, reply: welcome, dialect }: Opened<FromClientMessage, Welcome>, { ask }: LinkEvents) {
    this.dialect = dialect
    this.#stream = stream
    stream.unref()
    const onDead = (ms: number) =>
      stream.abort(new CommClosedError(stream.peer, `it said nothing for ${Math.round(ms / 1000)} s`))
    this.#silence = new Silence(welcome.heartbeat, { ask, onDead })
    this.#heartbeat = setInterval(() => this.#beat(), welcome.heartbeat).unref()
  }

  /** @throws ConnectError, VersionError, CommClosedError, RegistrationError. */
  static async open(address: AddressLike, client: string, events: LinkEvents, options: CallOptions): Promise<Link> {
    let link: Link | undefined
    const opened = await openStream<ToClientMessage, FromClientMessage, Welcome>(
      address,
      'register-client',
      { client, version: VERSION },
      {
        check: whyNotToClient,
        compact: compactForm('key-in-memory'),
        onMessages: (messages) => {
          if (link) link.#silence.heard()
          events.onMessages(messages)
        },
        onClose: (reason) => {
          if (link) link.#onClose(reason, events)
        },
      },
      options,
    )
    link = new Link(opened, events)
    return link
  }

  get address(): Address {
    return this.#stream.peer
  }

  get isOver(): boolean {
    return this.#ended !== undefined
  }

  /** Why nothing can be sent any more, as a new error, or undefined. */
  get ended(): Error | undefined {
    return this.#ended?.()
  }

  /** Queues messages; they leave together. */
  send(messages: readonly FromClientMessage[]): void {
    for (const message of messages) this.#say(message)
    this.#stream.flush()
  }

  #say(message: FromClientMessage): void {
    if (message.op !== 'update-graph' || this.dialect === 'dask') return this.#stream.send(message)
    for (const part of partsOf(message)) {
      this.#stream.send(part)
      if (part.more) this.#stream.flush()
    }
  }

  /** The process must not end while somebody waits. */
  hold(): void {
    if (this.#holders++ === 0) this.#stream.ref()
  }

  letGo(): void {
    if (--this.#holders === 0) this.#stream.unref()
  }

  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = () => new ClosedError('the client')
    clearInterval(this.#heartbeat)
    this.#stream.send({ op: 'close-client' })
    await this.#stream.close()
  }

  #beat(): void {
    this.#stream.send({ op: 'heartbeat-client' })
    this.#silence.tick()
  }

  #onClose(reason: Error | undefined, events: LinkEvents): void {
    clearInterval(this.#heartbeat)
    if (this.#ended) return
    const text = lostText(this.address, reason)
    this.#ended = () => new SchedulerLostError(this.address, text, { cause: reason })
    events.onLost()
  }
}

function lostText(address: Address, reason: Error | undefined): string {
  const since = new Date().toTimeString().slice(0, 8)
  const why = reason === undefined ? 'it closed the connection' : reason.message
  return (
    `no connection to the scheduler at ${address} since ${since}: ${why}. What was pending cannot be answered; ` +
    'connect a new client when it is back.'
  )
}
