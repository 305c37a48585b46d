import type { Key } from '../protocol/names.js'
import { FUTURE_KEY, type FutureLike } from '../values/future-ref.js'

/** Stands for the value of a key, wherever an argument may stand. */
export interface Ref extends FutureLike {
  readonly key: Key
}

/** What names mean while a graph is encoded. */
let meanings: ReadonlyMap<string, Key> | undefined

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
      return meanings?.get(key) ?? key
    },
  }
}

/** Runs `body`, in which `ref(name)` refers to the key that `names` has for it. */
export function withNames<T>(names: ReadonlyMap<string, Key>, body: () => T): T {
  const before = meanings
  meanings = names
  try {
    return body()
  } finally {
    meanings = before
  }
}
