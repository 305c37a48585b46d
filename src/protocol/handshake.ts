/**
 * The first message of each side, written before the other's was read. It has Dask's form, so that it can be said to
 * anybody, and a field `heddle` by which our nodes know each other. It never carries a secret.
 */
import type { Comm } from '../comm/comm.js'
import { StrangerError } from '../comm/stranger.js'
import { CommClosedError, ConnectError, HeddleError, ProtocolError, VersionError } from '../errors.js'
import { durationText } from '../util/duration.js'
import { isRecord } from './msgpack-extensions.js'
import { MsgpackWriter } from './msgpack-writer.js'
import type { Address } from './names.js'
import { readMessage } from './read-message.js'
import { PROTOCOL, VERSION } from './version.js'

/** How a peer speaks after the handshake: as Heddle's nodes do, or as stock Dask's. */
export type Dialect = 'heddle' | 'dask'

export interface Greeting {
  readonly dialect: Dialect
  /** Of the peer's package; of a Dask node unknown. */
  readonly version: string | undefined
}

export interface HandshakeOptions {
  /** Milliseconds to wait for the peer's first message. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** This side was dialled: nothing can be said about who answers. */
  accepting?: boolean
}

/**
 * Greets the peer and waits for its greeting. The comm is paused then: set `onMessage`, and `resume`. If it fails the
 * comm is closed.
 * @throws VersionError for another protocol number; ConnectError HEDDLE_NOT_HEDDLE when something else answers,
 * HEDDLE_CONNECT_TIMEOUT when nothing does; CommClosedError; the signal's reason.
 */
export function handshake(comm: Comm, options: HandshakeOptions): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      cleanUp()
      reject(error)
      comm.abort(error)
    }
    const timer = setTimeout(() => fail(silence(comm.peerAddress, options.timeoutMs)), options.timeoutMs)
    const onAbort = () => fail(options.signal?.reason as Error)
    const cleanUp = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      comm.onClose = () => {}
    }
    options.signal?.addEventListener('abort', onAbort, { once: true })
    comm.onClose = (reason) => fail(explain(reason, comm.peerAddress, options.accepting === true))
    comm.onMessage = (frames) => {
      try {
        const greeting = readGreeting(frames, comm.peerAddress)
        cleanUp()
        comm.trust()
        comm.pause()
        resolve(greeting)
      } catch (error) {
        fail(error as Error)
      }
    }
    comm.send([ownGreeting()])
  })
}

function ownGreeting(): Uint8Array {
  const writer = new MsgpackWriter({ plain: true })
  const heddle = { protocol: PROTOCOL, version: VERSION }
  writer.write({ compression: null, python: [3, 11, 0], 'pickle-protocol': 5, heddle })
  return writer.take()
}

function readGreeting(frames: readonly Uint8Array[], peer: Address): Greeting {
  const greeting = readMessage(frames[0] as Uint8Array, frames.slice(1))
  if (!isRecord(greeting)) throw new ProtocolError(`the handshake of ${peer} is no map`)
  const { heddle } = greeting
  if (heddle === undefined) {
    if ('pickle-protocol' in greeting) return { dialect: 'dask', version: undefined }
    throw new ProtocolError(`the handshake of ${peer} is neither Heddle's nor Dask's`)
  }
  if (!isRecord(heddle) || !Number.isSafeInteger(heddle.protocol)) {
    throw new ProtocolError(`the handshake of ${peer} names no protocol`)
  }
  const version = String(heddle.version).slice(0, 40)
  if (heddle.protocol !== PROTOCOL) throw wrongVersion(peer, version, heddle.protocol as number)
  return { dialect: 'heddle', version }
}

function wrongVersion(peer: Address, version: string, protocol: number): VersionError {
  const older = protocol < PROTOCOL
  return new VersionError(
    `this is heddle ${VERSION} (protocol ${PROTOCOL}), the node at ${peer} is ${version} (protocol ${protocol}). ` +
      `Run 'npm i heddle@${version}' here, or ${older ? 'upgrade' : 'downgrade'} that node.`,
  )
}

function silence(peer: Address, timeoutMs: number): ConnectError {
  const text = `${peer} accepted the connection but said nothing for ${durationText(timeoutMs)}; it is no Heddle node, or hangs.`
  return new ConnectError('HEDDLE_CONNECT_TIMEOUT', peer, text)
}

/** Why the connection ended before a greeting. */
function explain(reason: Error | undefined, peer: Address, accepting: boolean): Error {
  if (accepting || !(reason instanceof ProtocolError)) {
    return reason instanceof HeddleError
      ? reason
      : new CommClosedError(peer, 'it ended before the handshake', { cause: reason })
  }
  return new ConnectError('HEDDLE_NOT_HEDDLE', peer, `${peer} ${strangerText(reason, peer)}`, { cause: reason })
}

function strangerText(reason: ProtocolError, peer: Address): string {
  const language = reason instanceof StrangerError ? reason.language : undefined
  if (language === 'TLS') return `speaks TLS. Use ${peer.replace(/^tcp:/, 'tls:')}, with certificates.`
  return `answered, but ${language ? `as ${language}` : 'not as a Heddle node'}. Check the address.`
}
