import { decode } from '../../../values/decode.js'
import { Encoded } from '../../../values/encoded.js'
import type { PostedValue } from '../thread-messages.js'

/**
 * Inputs of tasks in this thread, by the numbers that main has given them. Each is decoded at its first use and stays
 * so until main, which keeps the account, says that it is not needed.
 */
export class LiveValues {
  readonly #values = new Map<number, Encoded | { readonly value: unknown }>()

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
    this.#values.set(number, { value })
    return value
  }
}

/** The class that cloning has taken away. */
export function toEncoded({ head, buffers, nbytes }: PostedValue): Encoded {
  return new Encoded(head, buffers, nbytes)
}
