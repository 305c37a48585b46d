/** Argument lists of very many tasks. */
import { Encoded } from '../../values/encoded.js'

/** Larger ones stay as they came. */
const BYTES_MAX = 256
const CHUNK_BYTES = 64 * 1024
const NO_BUFFERS: readonly Uint8Array[] = []

/** A small one, in memory that many share. */
export class PackedArgs {
  constructor(
    readonly memory: Uint8Array,
    readonly from: number,
    readonly to: number,
  ) {}

  get size(): number {
    return this.to - this.from
  }

  open(): Encoded {
    return new Encoded(this.memory.subarray(this.from, this.to), NO_BUFFERS, this.size)
  }
}

/** Puts small ones one after the other: an array each would be four objects, and five times the bytes. */
export class ArgsPacker {
  #memory = new Uint8Array(0)
  #at = 0

  pack(args: Encoded | PackedArgs): Encoded | PackedArgs {
    if (args instanceof PackedArgs || args.buffers.length > 0 || args.head.byteLength > BYTES_MAX) return args
    if (this.#at + args.head.byteLength > this.#memory.byteLength) {
      this.#memory = new Uint8Array(CHUNK_BYTES)
      this.#at = 0
    }
    const from = this.#at
    this.#at += args.head.byteLength
    this.#memory.set(args.head, from)
    return new PackedArgs(this.#memory, from, this.#at)
  }
}
