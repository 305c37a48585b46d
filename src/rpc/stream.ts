/**
 * A connection on which both sides send when they like: many small messages, collected for one turn of the event loop
 * and sent as one array.
 */
import type { Comm } from '../comm/comm.js'
import { CommClosedError, HeddleError } from '../errors.js'
import { pack, unpack } from '../protocol/codec.js'
import type { CompactForm } from '../protocol/compact.js'
import type { Dialect } from '../protocol/handshake.js'
import type { Address } from '../protocol/names.js'
import type { AddressLike } from '../util/address.js'
import { Call } from './call.js'
import { CommStream } from './comm-stream.js'
import { dial } from './dial.js'
import type { Foreign, StreamLine } from './foreign.js'
import type { CallOptions } from './pool.js'
import { answerOf } from './reply.js'
import { TranslatedStream } from './translated-stream.js'

export interface MessageStream<Out> {
  readonly peer: Address
  /** Leaves at the end of this turn, in order. A closed stream drops it. */
  send(message: Out): void
  /** Sends what is pending now, for one who has collected a turn's messages himself. */
  flush(): void
  /** What is pending waits for what comes next, for so many milliseconds and up to so many bytes. */
  hold(ms: number, nbytes: number): void
  readonly pendingBytes: number
  /** Resolves when few enough bytes are pending, or the stream is closed. */
  drained(): Promise<void>
  readonly closed: boolean
  /** Sends what is pending, then closes. */
  close(): Promise<void>
  abort(reason: Error): void
  /** Stops and resumes reading: backpressure towards the peer. */
  pause(): void
  resume(): void
  ref(): void
  unref(): void
}

export interface StreamEvents<In> {
  /** The messages that arrived together, each checked. */
  onMessages(messages: In[]): void
  /** Once, after the last messages. `undefined`: the peer closed politely. */
  onClose(reason: Error | undefined): void
  /** The reason why a decoded map is no message of this stream, or undefined. A bad one ends the stream. */
  check(message: unknown): string | undefined
  /** Of the messages that may come in compact form, where any may. */
  readonly compact?: CompactForm | undefined
}

/** A stream, what its peer answered, and how that speaks. */
export interface Opened<Out, Reply> {
  readonly stream: MessageStream<Out>
  readonly reply: Reply
  readonly dialect: Dialect
}

/**
 * Dials, asks for a stream and waits for the answer. No message is delivered before the caller has had a turn to keep
 * the stream.
 * @throws ConnectError, VersionError, CommClosedError; a HeddleError with the peer's code when it refuses.
 */
export async function openStream<In, Out, Reply>(
  address: AddressLike,
  op: string,
  ask: object,
  events: StreamEvents<In>,
  options: CallOptions = {},
): Promise<Opened<Out, Reply>> {
  const call = new Call(op, address, options)
  let comm: Comm | undefined
  try {
    const dialled = await dial(address, call.dialOptions())
    comm = dialled.comm
    if (dialled.foreign !== undefined) return await openForeign(dialled.foreign, comm, ask, events, call, options)
    const reply = answerOf(unpack(await firstAnswer(comm, pack({ ...ask, op }), call)), op, comm.peerAddress)
    const stream = new CommStream<Out, In>(comm, events)
    setImmediate(() => stream.start())
    return { stream, reply: reply as Reply, dialect: 'heddle' }
  } catch (error) {
    comm?.abort(error as Error)
    if (error instanceof HeddleError) Error.captureStackTrace(error)
    throw error
  } finally {
    call.end()
  }
}

async function openForeign<In, Out, Reply>(
  foreign: Foreign,
  comm: Comm,
  ask: object,
  events: StreamEvents<In>,
  call: Call,
  options: CallOptions,
): Promise<Opened<Out, Reply>> {
  const line: StreamLine = {
    peer: comm.peerAddress,
    beside: (frames) => askOnce(comm.peerAddress, call.op, frames, options),
    ask: (frames) => firstAnswer(comm, frames, call),
    tell: (frames) => comm.send(frames),
  }
  const { reply, translation } = await foreign.openStream(call.op, ask, line)
  const stream = new TranslatedStream<Out, In>(comm, events, translation)
  setImmediate(() => stream.start())
  return { stream, reply: answerOf(reply, call.op, comm.peerAddress) as Reply, dialect: 'dask' }
}

async function askOnce(
  address: Address,
  op: string,
  frames: readonly Uint8Array[],
  { tls }: CallOptions,
): Promise<Uint8Array[]> {
  const call = new Call(op, address, { tls })
  try {
    const { comm } = await dial(address, call.dialOptions())
    try {
      return await firstAnswer(comm, frames, call)
    } finally {
      void comm.close()
    }
  } finally {
    call.end()
  }
}

/** The first message; the comm is paused after it, since the next one belongs to the stream. */
function firstAnswer(comm: Comm, frames: readonly Uint8Array[], call: Call): Promise<Uint8Array[]> {
  return call.wait<Uint8Array[]>((resolve, reject) => {
    comm.onMessage = (answer) => {
      comm.pause()
      comm.onClose = () => {}
      resolve(answer)
    }
    comm.onClose = (reason) =>
      reject(
        new CommClosedError(comm.peerAddress, reason?.message ?? `it gave no answer to '${call.op}'`, {
          cause: reason,
        }),
      )
    comm.resume()
    comm.send(frames)
    comm.flush()
  })
}
