import type { Key } from '../protocol/names.js'
import { FUTURE_KEY, type FutureLike } from '../values/future-ref.js'

/** Stands for the value of a key, wherever an argument may stand. */
export interface Ref extends FutureLike {
  readonly key: Key
}

/** What names mean while a graph is encoded. */
let meaningOf: ((name: string) => Key) | undefined

/**
 * A reference to the value of a key that exists already, or in `client.get` to an entry of the same graph.
 *
 * @example
 * await alice.compute({ function: add, args: [ref('x'), 10] })
 */
export function ref(key: Key): Ref {
  return {
    key,
    get [FUTURE_KEY]() {
      return meaningOf === undefined ? key : meaningOf(key)
    },
  }
}

/** Runs `body`, in which `ref(name)` refers to the key that `meaning` gives for it; what that throws is thrown. */
export function withNames<T>(meaning: (name: string) => Key, body: () => T): T {
  const before = meaningOf
  meaningOf = meaning
  try {
    return body()
  } finally {
    meaningOf = before
  }
}
