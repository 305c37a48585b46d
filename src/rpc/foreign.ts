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
  /**
   * `answer` gives what our own side should be told, as though it had come from the peer; `say` sends the peer something
   * of its own words, now or later.
   */
  outward(message: unknown, answer: (message: unknown) => void, say: (message: unknown) => void): unknown[]
  inward(message: unknown, say: (message: unknown) => void): unknown[]
  /** What is known before the first message comes. */
  early(): unknown[]
  /** Said from time to time, so that nobody on the way takes the connection for a dead one. */
  readonly pulse?: { readonly everyMs: number; readonly message: unknown }
  /** The stream has ended: nothing is said any more. */
  close?(): void
}

/** Carries out a request of ours that somebody asked in other words. @throws as its handler, or for what is no request. */
export type CarryOut = (op: string, ask: object) => Promise<unknown>

/** What is answered to one message. */
export interface ForeignAnswer {
  readonly frames: readonly Uint8Array[]
  /** The connection ends with it. */
  readonly isLast?: boolean
}

/** Who answers on one accepted connection. */
export interface ForeignAnswerer {
  /** Undefined: the message wants no answer. */
  answer(frames: readonly Uint8Array[], carryOut: CarryOut): Promise<ForeignAnswer | undefined> | undefined
}

/** A dialect. */
export interface Foreign {
  caller(): ForeignCaller
  answerer(): ForeignAnswerer
  /** Makes a fresh connection a stream. `reply` is what one of our nodes would have answered. */
  openStream(
    op: string,
    ask: object,
    line: StreamLine,
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
