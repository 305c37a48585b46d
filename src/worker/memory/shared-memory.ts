/**
 * The memory in which the large buffers of a worker's values lie: shared, so that its threads see them without a copy.
 * V8 neither counts nor collects such memory under pressure, so it is counted here, by owners, and used again.
 *
 * Who holds an `Encoded` for longer than the turn in which it got it retains it, and releases it when done: the store
 * for each entry, a sender for each write until its callback. The executor does so for its threads by itself.
 */
import type { Encoded } from '../../values/encoded.js'

export interface SharedMemory {
  /** For an incoming frame or a value to be; 64-byte aligned, content undefined. Nobody owns it until it is retained. */
  allocate(nbytes: number): Uint8Array
  /** One more owner. Buffers that do not lie in this memory are ignored. */
  retain(encoded: Encoded): void
  /** One owner less; with the last one the memory may be used again at once. */
  release(encoded: Encoded): void
  /** What nobody wants after all: a result that came too late, an arrival that was not awaited. */
  discard(encoded: Encoded): void
  /** Somebody in this very thread may keep views of it (user code in the worker's process). */
  markViewed(encoded: Encoded): void
  /** Bytes that are held and serve nobody, and would be used again or given back before the system has to give more. */
  readonly freeBytes: number
  /** Bytes that have owners. */
  readonly ownedBytes: number
}
