import { ProtocolError } from '../errors.js'
import type { FromClientMessage, ToClientMessage } from '../protocol/messages.js'
import type { ClientId } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import { whyNotFromClient } from '../protocol/validate-messages.js'
import type { StreamHandler } from '../rpc/server.js'
import { submissionBytes } from '../util/submission-bytes.js'
import { ClientLink } from './client-link.js'
import { CLIENT_HEARTBEAT_MS } from './heartbeat-interval.js'
import type { Shell } from './shell.js'

type Ask = SchedulerRequests['register-client']['ask']
type Reply = SchedulerRequests['register-client']['reply']

/** The clients that are connected, each by its stream. */
export class ClientStreams {
  readonly #shell: Shell
  readonly #links = new Map<ClientId, ClientLink>()
  /** Those that are not read from until their graph has been taken in. */
  readonly #held = new Set<ClientLink>()

  constructor(shell: Shell) {
    this.#shell = shell
  }

  /** Answers `register-client`. One that was lost a moment ago finds what it wanted still wanted. */
  readonly register: StreamHandler<Ask, Reply, FromClientMessage, ToClientMessage> = ({ client: id }, accept) => {
    this.#leaveItsPlace(id)
    const start = { epoch: this.#shell.epoch, heartbeat: CLIENT_HEARTBEAT_MS }
    const link = new ClientLink(id, this.#shell.clock)
    link.stream = accept(
      { status: 'OK', ...start },
      {
        check: whyNotFromClient,
        onMessages: (messages) => this.#onMessages(link, messages),
        onClose: () => this.#onClose(link),
      },
    )
    this.#links.set(id, link)
    if (!this.#shell.kept) link.stream.unref()
    link.send({ op: 'stream-start', ...start })
    this.#shell.push({ type: 'client-joined', client: id })
  }

  send(client: ClientId, message: ToClientMessage): void {
    this.#links.get(client)?.send(message)
  }

  /** Ends the stream of a client that did what makes no sense; its wants are kept for a while, as if it were lost. */
  abort(client: ClientId, reason: string): void {
    this.#links.get(client)?.stream.abort(new ProtocolError(reason))
  }

  /** Reads again from those whose graph has been taken in meanwhile. */
  resume(): void {
    for (const link of this.#held) {
      if (this.#shell.core.isIngesting(link.id)) continue
      this.#held.delete(link)
      link.release('ingesting')
    }
  }

  /** Tells each how much its tasks take here. */
  tellLoads(): void {
    const { core } = this.#shell
    for (const link of this.#links.values()) if (!core.isIngesting(link.id)) link.tellLoad(core.loadOf(link.id))
  }

  all(): IterableIterator<ClientLink> {
    return this.#links.values()
  }

  get size(): number {
    return this.#links.size
  }

  #onMessages(link: ClientLink, messages: FromClientMessage[]): void {
    for (const message of messages) {
      // It may have been cut off for what the one before said, or have said goodbye.
      if (this.#links.get(link.id) !== link) return
      this.#take(link, message)
    }
    if (this.#held.has(link) || !this.#shell.core.isIngesting(link.id)) return
    this.#held.add(link)
    link.hold('ingesting')
  }

  #take(link: ClientLink, message: FromClientMessage): void {
    if (message.op === 'close-client') return this.#leave(link)
    const reason = message.op === 'update-graph' ? this.#shell.code.keep(message.code ?? []) : undefined
    if (reason !== undefined) return link.stream.abort(new ProtocolError(reason))
    if (message.op === 'update-graph') link.noteTaken(submissionBytes(message))
    this.#shell.push({ type: 'client-message', client: link.id, message })
  }

  /** It said goodbye: what it wanted is let go at once. */
  #leave(link: ClientLink): void {
    this.#forget(link, false)
    void link.stream.close()
  }

  #onClose(link: ClientLink): void {
    if (this.#links.get(link.id) === link) this.#forget(link, true)
  }

  /** The very same client is here already: its connection broke, and it noticed first. */
  #leaveItsPlace(id: ClientId): void {
    const old = this.#links.get(id)
    if (old === undefined) return
    this.#forget(old, true)
    old.stream.abort(new ProtocolError('the client registered again'))
  }

  #forget(link: ClientLink, lost: boolean): void {
    this.#links.delete(link.id)
    this.#held.delete(link)
    this.#shell.push({ type: 'client-left', client: link.id, lost })
  }
}
