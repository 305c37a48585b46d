import { ProtocolError } from '../errors.js'
import type { ToClientMessage, ToWorkerMessage } from '../protocol/messages.js'
import type { MessageStream } from '../rpc/stream.js'
import type { Clock } from '../util/clock.js'
import type { ClientStreams } from './client-streams.js'
import type { WorkerStreams } from './worker-streams.js'

const LOOK_EVERY_MS = 250
/** A client that is this far behind is not read from until it has caught up. */
const BEHIND_BYTES = 8 * 2 ** 20
/** A peer that stays this far behind for `PATIENCE_MS` does not read at all, and is cut off. */
const FAR_BEHIND_BYTES = 64 * 2 ** 20
const PATIENCE_MS = 30_000
/** What a client is told is small: nobody who reads comes to this. */
const CLIENT_BYTES_MAX = 512 * 2 ** 20

type Stream = MessageStream<ToClientMessage> | MessageStream<ToWorkerMessage>

/** Sees to it that neither a peer that does not read what it is told nor one that asks too much can fill this node's memory. */
export class SlowPeers {
  readonly #workers: WorkerStreams
  readonly #clients: ClientStreams
  /** How often in a row a stream was found far behind. */
  readonly #found = new WeakMap<Stream, number>()
  readonly #clock: Clock
  #cancel: () => void = () => {}

  constructor(clock: Clock, workers: WorkerStreams, clients: ClientStreams) {
    this.#clock = clock
    this.#workers = workers
    this.#clients = clients
    this.#wait()
  }

  stop(): void {
    this.#cancel()
  }

  #wait(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#look()
      this.#wait()
    })
  }

  #look(): void {
    this.#clients.tellLoads()
    for (const stream of this.#workers.all()) this.#judge(stream, Number.POSITIVE_INFINITY)
    for (const link of this.#clients.all()) {
      if (link.stream.pendingBytes > BEHIND_BYTES) link.hold('behind')
      else link.release('behind')
      this.#judge(link.stream, CLIENT_BYTES_MAX)
    }
  }

  #judge(stream: Stream, bytesMax: number): void {
    const bytes = stream.pendingBytes
    const times = bytes > FAR_BEHIND_BYTES ? (this.#found.get(stream) ?? 0) + 1 : 0
    this.#found.set(stream, times)
    if (times * LOOK_EVERY_MS < PATIENCE_MS && bytes <= bytesMax) return
    stream.abort(new ProtocolError(`${stream.peer} does not read what it is told: ${bytes} bytes are pending`))
  }
}
