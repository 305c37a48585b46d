import type { Comm } from '../comm/comm.js'
import { ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { CommStream } from './comm-stream.js'
import type { Translation } from './foreign.js'
import type { MessageStream, StreamEvents } from './stream.js'

/** A stream to a node of another system: each message is translated where it leaves and where it arrives. */
export class TranslatedStream<Out, In> implements MessageStream<Out> {
  readonly #inner: CommStream<unknown, unknown>
  readonly #events: StreamEvents<In>
  readonly #translation: Translation
  readonly #tell = (answer: unknown) => this.#answer(answer)
  readonly #say = (message: unknown) => this.#inner.send(message)
  /** What our own side is to be told, in a turn of its own. */
  #answers: unknown[] = []
  #pulse: NodeJS.Timeout | undefined

  constructor(comm: Comm, events: StreamEvents<In>, translation: Translation) {
    this.#events = events
    this.#translation = translation
    const inner: StreamEvents<unknown> = {
      check: () => undefined,
      onMessages: (messages) => this.#deliver(messages.flatMap((message) => translation.inward(message, this.#say))),
      onClose: (reason) => this.#end(reason),
    }
    this.#inner = new CommStream(comm, inner, translation.codec)
  }

  get peer(): Address {
    return this.#inner.peer
  }

  get pendingBytes(): number {
    return this.#inner.pendingBytes
  }

  get closed(): boolean {
    return this.#inner.closed
  }

  send(message: Out): void {
    for (const foreign of this.#translation.outward(message, this.#tell, this.#say)) this.#inner.send(foreign)
  }

  flush(): void {
    this.#inner.flush()
  }

  hold(ms: number, nbytes: number): void {
    this.#inner.hold(ms, nbytes)
  }

  drained(): Promise<void> {
    return this.#inner.drained()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  abort(reason: Error): void {
    this.#inner.abort(reason)
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  /** Begins to read. */
  start(): void {
    for (const message of this.#translation.early()) this.#answer(message)
    this.#inner.start()
    const { pulse } = this.#translation
    if (pulse !== undefined) this.#pulse = setInterval(() => this.#say(pulse.message), pulse.everyMs).unref()
  }

  ref(): void {
    this.#inner.ref()
  }

  unref(): void {
    this.#inner.unref()
  }

  #end(reason: Error | undefined): void {
    clearInterval(this.#pulse)
    this.#translation.close?.()
    this.#events.onClose(reason)
  }

  #answer(message: unknown): void {
    if (this.#answers.push(message) > 1) return
    setImmediate(() => {
      const answers = this.#answers
      this.#answers = []
      if (this.closed) return
      try {
        this.#deliver(answers)
      } catch (error) {
        this.abort(error as Error)
      }
    })
  }

  #deliver(messages: unknown[]): void {
    for (const message of messages) {
      const reason = this.#events.check(message)
      if (reason !== undefined) throw new ProtocolError(`${this.peer} sent a wrong message: ${reason}`)
    }
    if (messages.length > 0) this.#events.onMessages(messages as In[])
  }
}
