import { channel } from 'node:diagnostics_channel'
import type { Address } from '../protocol/names.js'

/** One message between nodes, as subscribers of the diagnostics channel `heddle:wire` see it. They must not change it. */
export interface WireEvent {
  /** A request, its answer, or a message of a stream. */
  readonly kind: 'ask' | 'answer' | 'message'
  /** Ends of the connection; the one that dialled has an address of the moment. */
  readonly from: Address
  readonly to: Address
  readonly op: string
  readonly body: unknown
}

/**
 * Every message of this process's nodes: requests when they arrive, answers and messages of streams when they are sent.
 * Costs nothing without subscribers: `diagnostics_channel.subscribe('heddle:wire', (event) => …)`.
 */
export const wire = channel('heddle:wire')

/** Tells who listens. Ask `wire.hasSubscribers` first: this stands on the hot path. */
export function trace(kind: WireEvent['kind'], from: Address, to: Address, op: string, body: unknown): void {
  wire.publish({ kind, from, to, op, body } satisfies WireEvent)
}
