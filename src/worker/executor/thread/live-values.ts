import { decode } from '../../../values/decode.js'
import { Encoded } from '../../../values/encoded.js'
import { isForeign, prepareFamily } from '../../../values/families.js'
import type { ValueTaker } from '../inbox.js'
import type { PostedValue } from '../thread-messages.js'
import { OWN_BUFFERS } from './task-runner.js'

const NO_BUFFERS: readonly never[] = []

/** As it came, or decoded; one of another system's both, since what it says there cannot be told from what it is here. */
type Held = Encoded | { readonly value: unknown; readonly encoded?: Encoded }

/**
 * Inputs of tasks in this thread, by the numbers that main has given them. Each is decoded at its first use and stays
 * so until main, which keeps the account, says that it is not needed.
 */
export class LiveValues implements ValueTaker {
  readonly #values = new Map<number, Held>()
  #learning: Promise<void> | undefined

  /** To be awaited before the first value of another system's is decoded, if it is there. */
  get learning(): Promise<void> | undefined {
    return this.#learning
  }

  set(number: number, value: Encoded): void {
    this.#values.set(number, value)
    this.#learning ??= this.#learn(value)
  }

  /** The same of a small one. */
  put(number: number, head: Uint8Array, nbytes: number): void {
    this.set(number, new Encoded(head, NO_BUFFERS, nbytes))
  }

  drop(number: number): void {
    this.#values.delete(number)
  }

  /** What nobody else gets, in memory of its own. @throws DecodeError when the bytes are no value. */
  getOwn(number: number): unknown {
    const held = this.#values.get(number)
    if (!(held instanceof Encoded)) return held?.value
    const value = decode(held, OWN_BUFFERS)
    this.#values.set(number, { value })
    return value
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

  #learn(value: Encoded): Promise<void> | undefined {
    const done = () => {
      this.#learning = undefined
    }
    return prepareFamily(value)?.then(done, done)
  }
}

/** The class that cloning has taken away. */
export function toEncoded({ head, buffers, nbytes }: PostedValue): Encoded {
  return new Encoded(head, buffers, nbytes)
}
