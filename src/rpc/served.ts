import type { Comm } from '../comm/comm.js'
import { HIGH_WATER_MARK, STRANGER_MS } from '../comm/limits.js'
import { splice } from '../comm/splice.js'
import { ClosedError, CommClosedError, HeddleError, ProtocolError, VersionError } from '../errors.js'
import { pack, unpack } from '../protocol/codec.js'
import { handshake } from '../protocol/handshake.js'
import { isRecord } from '../protocol/msgpack-extensions.js'
import { CommStream } from './comm-stream.js'
import { Context } from './context.js'
import { refusalForDask } from './dask-refusal.js'
import { daskDialect, type ForeignAnswerer } from './foreign.js'
import { errorReply } from './reply.js'
import type { Become, Handle, Route } from './routes.js'
import type { OpenRelay, ServerOptions } from './server.js'
import type { MessageStream, StreamEvents } from './stream.js'
import { trace, wire } from './trace.js'

/** How long a peer may take to hear the end. */
const FAREWELL_MS = 1000

type Request = Readonly<Record<string, unknown>>

/** One accepted connection: greeted, then asked one request at a time, until one of them makes it a stream. */
export class Served {
  onGone: () => void = () => {}
  readonly #comm: Comm
  readonly #options: ServerOptions
  readonly #routes: ReadonlyMap<string, Route>
  /** The request under way. */
  #context: Context | undefined
  #stream: CommStream<unknown, unknown> | undefined
  #kept = true
  /** Why it has ended. */
  #ended: { reason: Error | undefined } | undefined

  constructor(comm: Comm, options: ServerOptions, routes: ReadonlyMap<string, Route>) {
    this.#comm = comm
    this.#options = options
    this.#routes = routes
    void this.#greet()
  }

  /** Whether it keeps the process alive while nothing is asked. */
  keep(kept: boolean): void {
    this.#kept = kept
    if (!this.#stream && !this.#context) this.#hold(kept)
  }

  /** Tells the handler that is under way, lets out what is written already, and ends the connection. */
  async close(): Promise<void> {
    const reason = new ClosedError(`the ${this.#options.name}`)
    this.#context?.abort(reason)
    // Handlers that end on that signal get their answer out.
    await new Promise((resolve) => setImmediate(resolve))
    const timer = setTimeout(() => this.#comm.abort(reason), FAREWELL_MS)
    await (this.#stream ?? this.#comm).close()
    clearTimeout(timer)
  }

  async #greet(): Promise<void> {
    try {
      const { dialect } = await handshake(this.#comm, { timeoutMs: STRANGER_MS, accepting: true })
      this.#comm.onClose = (reason) => this.#end(reason)
      const foreign = dialect === 'dask' ? await this.#dask() : undefined
      if (this.#ended) return
      if (foreign !== undefined) this.#comm.onMessage = (frames) => this.#receiveForeign(foreign, frames)
      else if (dialect === 'dask') return this.#refuseDask()
      else this.#comm.onMessage = (frames) => this.#receive(frames)
      this.#comm.resume()
    } catch (error) {
      if (error instanceof VersionError) this.#options.onTurnedAway?.(error)
      this.#end(error as Error)
    }
  }

  async #dask(): Promise<ForeignAnswerer | undefined> {
    return this.#options.isDaskWelcome?.() === true ? (await daskDialect())?.answerer() : undefined
  }

  #refuseDask(): void {
    this.#options.logger.warn('refused a Dask node: this version talks to Heddle nodes only', {
      peer: this.#comm.peerAddress,
    })
    this.#comm.send([refusalForDask()])
    this.#comm.resume()
    void this.#comm.close()
  }

  #receive(frames: Uint8Array[]): void {
    try {
      if (this.#context) throw new ProtocolError('a second request before the first was answered')
      const request = unpack(frames)
      if (!isRecord(request) || typeof request.op !== 'string') throw new ProtocolError('a request without operation')
      this.#context = new Context(this.#comm.peerAddress)
      this.#hold(true)
      if (wire.hasSubscribers) trace('ask', this.#comm.peerAddress, this.#comm.localAddress, request.op, request)
      void this.#serve(request.op, request, this.#context)
    } catch (error) {
      this.#comm.abort(error as Error)
    }
  }

  #receiveForeign(answerer: ForeignAnswerer, frames: Uint8Array[]): void {
    if (this.#context) return this.#comm.abort(new ProtocolError('a second request before the first was answered'))
    const context = new Context(this.#comm.peerAddress)
    const answering = answerer.answer(frames, async (op, ask) => await this.#carryOut(op, ask as Request, context))
    if (answering === undefined) return
    this.#context = context
    this.#hold(true)
    answering.then(
      (answer) => {
        if (answer === undefined) return this.#rest()
        void this.#sendAnswer(answer.frames, context)
        if (answer.isLast === true) void this.#comm.close()
      },
      (error: Error) => this.#comm.abort(error),
    )
  }

  /** @throws ProtocolError for what is no request here; what the handler throws. */
  async #carryOut(op: string, request: Request, context: Context): Promise<unknown> {
    const route = this.#routes.get(op)
    if (route?.handle === undefined)
      throw new ProtocolError(`there is no operation '${op}' at this ${this.#options.name}`)
    const reason = route.check(request)
    if (reason !== undefined) throw new ProtocolError(`'${op}': ${reason}`)
    return await route.handle(request, context)
  }

  async #serve(op: string, request: Request, context: Context): Promise<void> {
    const route = this.#routes.get(op)
    if (!route)
      return this.#refuse(op, `there is no operation '${op.slice(0, 60)}' at this ${this.#options.name}`, context)
    const reason = route.check(request)
    if (reason !== undefined) return this.#refuse(op, `'${op}': ${reason}`, context)
    if (route.stream) return this.#become(route.stream, op, request, context)
    if (route.relay) return this.#relay(route.relay, op, request, context)
    await this.#answer(route.handle as Handle, op, request, context)
  }

  async #answer(handle: Handle, op: string, request: Request, context: Context): Promise<void> {
    let frames: Uint8Array[]
    try {
      const reply = await handle(request, context)
      frames = pack(reply)
      if (wire.hasSubscribers) trace('answer', this.#comm.localAddress, this.#comm.peerAddress, op, reply)
    } catch (error) {
      frames = pack(this.#failure(op, error))
    }
    await this.#sendAnswer(frames, context)
  }

  async #sendAnswer(frames: readonly Uint8Array[], context: Context): Promise<void> {
    this.#send(frames, context)
    if (this.#comm.pendingBytes < HIGH_WATER_MARK) return
    // Whoever does not read what he asked for is not heard.
    this.#comm.pause()
    await this.#comm.drained()
    this.#comm.resume()
  }

  async #become(handle: Become, op: string, request: Request, context: Context): Promise<void> {
    const accept = (reply: unknown, events: StreamEvents<unknown>) => this.#accept(reply, events, context)
    try {
      await handle(request, accept, this.#comm.peerAddress)
      if (!this.#stream) throw new ProtocolError(`'${op}' was not accepted`)
    } catch (error) {
      const reply = this.#failure(op, error)
      if (this.#stream) return this.#stream.abort(error as Error)
      this.#send(pack(reply), context)
      void this.#comm.close()
    }
  }

  async #relay(open: OpenRelay, op: string, request: Request, context: Context): Promise<void> {
    try {
      const other = await open(request, context)
      this.#send(pack({ status: other === undefined ? 'busy' : 'OK' }), context)
      if (other !== undefined) splice(this.#comm, other)
    } catch (error) {
      this.#send(pack(this.#failure(op, error)), context)
    }
  }

  #accept(reply: unknown, events: StreamEvents<unknown>, context: Context): MessageStream<unknown> {
    this.#send(pack(reply), context)
    const watched: StreamEvents<unknown> = {
      onMessages: (messages) => events.onMessages(messages),
      check: (message) => events.check(message),
      compact: events.compact,
      onClose: (reason) => {
        this.#end(reason)
        events.onClose(reason)
      },
    }
    const stream = new CommStream(this.#comm, watched)
    this.#stream = stream
    const ended = this.#ended
    if (ended) queueMicrotask(() => stream.sayClosed(ended.reason))
    return stream
  }

  #refuse(op: string, reason: string, context: Context): void {
    this.#options.logger.warn(`refused a request: ${reason}`, { peer: this.#comm.peerAddress, op: op.slice(0, 60) })
    this.#send(pack(errorReply(new ProtocolError(reason))), context)
  }

  #rest(): void {
    this.#context = undefined
    this.#hold(this.#kept)
  }

  #send(frames: readonly Uint8Array[], context: Context): void {
    this.#rest()
    this.#comm.send(frames, () => context.written())
    this.#comm.flush()
  }

  #failure(op: string, error: unknown): unknown {
    const { logger } = this.#options
    const reply = errorReply(error)
    if (reply.code === 'HEDDLE_REMOTE') logger.error(`'${op}' failed`, { peer: this.#comm.peerAddress, error })
    else logger.debug(`'${op}' failed: ${reply.message}`, { peer: this.#comm.peerAddress })
    return reply
  }

  #hold(kept: boolean): void {
    if (kept) this.#comm.ref()
    else this.#comm.unref()
  }

  #end(reason: Error | undefined): void {
    if (this.#ended) return
    this.#ended = { reason }
    this.#context?.abort(
      new CommClosedError(this.#comm.peerAddress, reason?.message ?? 'the caller is gone', { cause: reason }),
    )
    this.#log(reason)
    this.onGone()
  }

  /** Peers come and go; what is worth a line is a peer that does not speak as it should, and our own mistakes. */
  #log(reason: Error | undefined): void {
    if (reason === undefined || reason instanceof CommClosedError || reason instanceof ClosedError) return
    const peer = this.#comm.peerAddress
    if (reason instanceof HeddleError) this.#options.logger.warn(`cut off a peer: ${reason.message}`, { peer })
    else this.#options.logger.error('ended a stream: its messages could not be handled', { peer, error: reason })
  }
}
