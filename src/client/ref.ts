import type { Key } from '../protocol/names.js'
import { FUTURE_KEY, type FutureLike } from '../values/future-ref.js'

/** Stands for the value of a key, wherever an argument may stand. */
export interface Ref extends FutureLike {
  readonly key: Key
}

/**
 * A reference to the value of a key that exists already, or in `client.get` of an entry of the same graph.
 *
 * @example
 * await alice.compute({ function: add, args: [ref('x'), 10] })
 */
export function ref(key: Key): Ref {
  return { key, [FUTURE_KEY]: key }
}
