import { decode } from '../../../values/decode.js'
import { Encoded } from '../../../values/encoded.js'
import { isForeign } from '../../../values/families.js'
import type { PostedValue } from '../thread-messages.js'

/** As it came, or decoded; one of another system's both, since what it says there cannot be told from what it is here. */
type Held = Encoded | { readonly value: unknown; readonly encoded?: Encoded }

/**
 * Inputs of tasks in this thread, by the numbers that main has given them. Each is decoded at its first use and stays
 * so until main, which keeps the account, says that it is not needed.
 */
export class LiveValues {
  readonly #values = new Map<number, Held>()

  put(number: number, posted: PostedValue): void {
    this.#values.set(number, toEncoded(posted))
  }

  drop(number: number): void {
    this.#values.delete(number)
  }

  /** @throws DecodeError when the bytes are no value. */
  get(number: number): unknown {
    const held = this.#values.get(number)
    if (!(held instanceof Encoded)) return held?.value
    const value = decode(held)
    this.#values.set(number, isForeign(held) ? { value, encoded: held } : { value })
    return value
  }

  /** Not decoded, if that can be had. */
  raw(number: number): Encoded | { readonly value: unknown } {
    const held = this.#values.get(number) ?? { value: undefined }
    return held instanceof Encoded ? held : (held.encoded ?? held)
  }
}

/** The class that cloning has taken away. */
export function toEncoded({ head, buffers, nbytes }: PostedValue): Encoded {
  return new Encoded(head, buffers, nbytes)
}
