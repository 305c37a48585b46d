/**
 * Nodes of another system, on connections of ours. The handshake says that a peer is one; then its dialect, loaded when
 * the first such peer is met, says what our requests and streams are in its words. Nothing else of Heddle knows.
 */
import type { Codec } from '../protocol/codec.js'
import type { Address } from '../protocol/names.js'

/** A connection on which one message is answered by one. */
export interface Line {
  readonly peer: Address
  ask(frames: readonly Uint8Array[]): Promise<Uint8Array[]>
  /** Nothing comes back. */
  tell(frames: readonly Uint8Array[]): void
}

/** A connection that becomes a stream, and what can be asked beside it later. */
export interface StreamLine extends Line {
  /** On a connection of its own, to the same node. @throws as a request. */
  beside(frames: readonly Uint8Array[]): Promise<Uint8Array[]>
}

/** Who asks on one connection. */
export interface ForeignCaller {
  /** The answer in our form. @throws HeddleError for what the other system has not; its own errors. */
  ask(op: string, ask: object, line: Line): Promise<unknown>
}

/** The messages of a stream, from ours to theirs and back. */
export interface Translation {
  readonly codec: Codec
  /** `answer` gives what our own side should be told, as though it had come from the peer. */
  outward(message: unknown, answer: (message: unknown) => void): unknown[]
  inward(message: unknown): unknown[]
  /** What is known before the first message comes. */
  early(): unknown[]
}

/** A dialect. */
export interface Foreign {
  caller(): ForeignCaller
  /** Makes a fresh connection a stream. `reply` is what one of our nodes would have answered. */
  openStream(
    op: string,
    ask: object,
    line: Line,
  ): Promise<{ readonly reply: unknown; readonly translation: Translation }>
}

let loader: (() => Promise<Foreign>) | undefined

/** Dask nodes are understood from now on; `load` is called when the first is met. */
export function speakDask(load: () => Promise<Foreign>): void {
  loader = load
}

/** What is spoken with Dask nodes; undefined: nothing. */
export function daskDialect(): Promise<Foreign> | undefined {
  return loader?.()
}
