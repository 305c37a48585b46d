import { ProtocolError, RegistrationError } from '../errors.js'
import { compactForm } from '../protocol/compact.js'
import type { FromWorkerMessage, ToWorkerMessage } from '../protocol/messages.js'
import type { Address } from '../protocol/names.js'
import type { CenterRequests } from '../protocol/requests.js'
import { whyNotFromWorker } from '../protocol/validate-messages.js'
import type { StreamHandler } from '../rpc/server.js'
import type { MessageStream } from '../rpc/stream.js'
import { heartbeatIntervalMs } from './heartbeat-interval.js'
import type { Shell } from './shell.js'

type Ask = CenterRequests['register-worker']['ask']
type Reply = CenterRequests['register-worker']['reply']
type Stream = MessageStream<ToWorkerMessage>
type Accept = Parameters<StreamHandler<Ask, Reply, FromWorkerMessage, ToWorkerMessage>>[1]

interface Joining {
  readonly accept: Accept
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The workers that are connected, each by its stream. The core decides who may join, and who has to go. */
export class WorkerStreams {
  readonly #shell: Shell
  readonly #streams = new Map<Address, Stream>()
  readonly #joining = new Map<Address, Joining>()

  constructor(shell: Shell) {
    this.#shell = shell
  }

  /** Answers `register-worker`. @throws RegistrationError with the core's reason when it may not join. */
  readonly register: StreamHandler<Ask, Reply, FromWorkerMessage, ToWorkerMessage> = (info, accept) =>
    new Promise<void>((resolve, reject) => {
      this.#joining.set(info.address, { accept, resolve, reject })
      this.#shell.push({ type: 'worker-joined', worker: info })
    })

  /** The core let it in: what it is told from now on finds its stream. */
  accepted(address: Address): void {
    const joining = this.#takeJoining(address)
    if (joining === undefined) return
    const heartbeat = heartbeatIntervalMs(this.#shell.core.workerCount)
    const stream: Stream = joining.accept(
      { status: 'OK', epoch: this.#shell.epoch, heartbeat },
      {
        check: whyNotFromWorker,
        compact: compactForm('task-finished'),
        onMessages: (messages) => this.#onMessages(address, stream, messages),
        onClose: (reason) => this.#onClose(address, stream, reason),
      },
    )
    // Its connection broke, and it noticed before we did.
    const old = this.#streams.get(address)
    this.#streams.set(address, stream)
    if (!this.#shell.kept) stream.unref()
    old?.abort(new ProtocolError('the worker registered again'))
    joining.resolve()
  }

  refused(address: Address, reason: string): void {
    this.#takeJoining(address)?.reject(new RegistrationError(reason))
  }

  send(address: Address, message: ToWorkerMessage): void {
    this.#streams.get(address)?.send(message)
  }

  /** Ends the stream of a worker that did what makes no sense. */
  abort(address: Address, reason: string): void {
    this.#streams.get(address)?.abort(new ProtocolError(reason))
  }

  /** A worker said goodbye, or was told to go: its running tasks bear no blame. */
  left(address: Address, reason: string): void {
    const stream = this.#forget(address)
    if (this.#shell.core.hasWorker(address))
      this.#shell.push({ type: 'worker-left', worker: address, expected: true, reason })
    void stream?.close()
  }

  all(): IterableIterator<Stream> {
    return this.#streams.values()
  }

  #onMessages(address: Address, stream: Stream, messages: FromWorkerMessage[]): void {
    for (const message of messages) {
      // It may have been closed for what the one before said.
      if (this.#streams.get(address) !== stream) return
      this.#shell.push({ type: 'worker-message', worker: address, message })
    }
  }

  #onClose(address: Address, stream: Stream, reason: Error | undefined): void {
    if (this.#streams.get(address) !== stream) return
    this.#streams.delete(address)
    const text = reason?.message ?? 'it closed the connection'
    const { causeOfDeath } = this.#shell
    if (causeOfDeath === undefined) return this.#lost(address, text)
    causeOfDeath(address).then(
      (cause) => this.#lost(address, cause?.text ?? text, cause?.outgrewMemory),
      () => this.#lost(address, text),
    )
  }

  #lost(address: Address, reason: string, outgrewMemory = false): void {
    // It may have come back meanwhile.
    if (this.#streams.has(address)) return
    this.#shell.push({ type: 'worker-left', worker: address, expected: false, reason, outgrewMemory })
  }

  #forget(address: Address): Stream | undefined {
    const stream = this.#streams.get(address)
    this.#streams.delete(address)
    return stream
  }

  #takeJoining(address: Address): Joining | undefined {
    const joining = this.#joining.get(address)
    this.#joining.delete(address)
    return joining
  }
}
