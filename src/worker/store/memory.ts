import type { Encoded } from '../../values/encoded.js'

/** Who owns the memory in which the large buffers of values lie, as the store and the wire need it. */
export interface ValueMemory {
  /** For a large frame that comes in. Nobody owns it until it is retained. */
  allocate(nbytes: number): Uint8Array
  /** One more uses the value: the store, a write under way, a hash being made. */
  retain(value: Encoded): void
  /** One less; after the last the memory may be used again at once. */
  release(value: Encoded): void
}

/** Ordinary memory, which the collector looks after. */
export const COLLECTED: ValueMemory = {
  allocate: (nbytes) => new Uint8Array(nbytes),
  retain() {},
  release() {},
}
