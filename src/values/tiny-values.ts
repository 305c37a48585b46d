import { Encoded } from './encoded.js'

/** Values of so few bytes are shared; so many different ones are remembered. */
const TINY = 16
const TINY_MAX = 1000
const NO_BUFFERS: readonly Uint8Array[] = []

/** One object for all that are the same few bytes. */
export class SharedValue extends Encoded {}

/** Many tasks end with nothing, true or a small number: where millions of results are kept, those cost nothing. */
export class TinyValues {
  readonly #known = new Map<string, SharedValue>()
  #last: SharedValue | undefined

  /** The same value; undefined if it is not tiny, or is one too many. */
  shared(value: Encoded): SharedValue | undefined {
    if (value.head.byteLength > TINY || value.buffers.length > 0) return undefined
    if (this.#last !== undefined && isSame(this.#last, value)) return this.#last
    const text = `${value.nbytes}:${String.fromCharCode(...value.head)}`
    let known = this.#known.get(text)
    if (known === undefined) {
      if (this.#known.size === TINY_MAX) return undefined
      known = new SharedValue(new Uint8Array(value.head), NO_BUFFERS, value.nbytes)
      this.#known.set(text, known)
    }
    this.#last = known
    return known
  }
}

function isSame(a: Encoded, b: Encoded): boolean {
  const { length } = a.head
  if (a.nbytes !== b.nbytes || length !== b.head.length) return false
  for (let i = 0; i < length; i++) if (a.head[i] !== b.head[i]) return false
  return true
}
