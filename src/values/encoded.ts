/**
 * A value at rest: what travels, is stored and is spilled. Nothing but `decode` opens it.
 *
 *   head      family byte, then the family's own bytes (small buffers are in here)
 *   buffers   the large buffers of the value (4 KiB and more), each 64-byte aligned where Heddle allocated it
 *
 * The bytes are self-contained: they depend on no connection, no other value and no process.
 */
export class Encoded {
  constructor(
    readonly head: Uint8Array,
    readonly buffers: readonly Uint8Array[],
    /** The size a user would name: exact for buffers (`new Uint8Array(1024)` is 1024), an estimate for objects. */
    readonly nbytes: number,
  ) {}

  /** Bytes that holding this value takes. */
  get size(): number {
    let n = this.head.byteLength
    for (const b of this.buffers) n += b.byteLength
    return n
  }
}
