import type { Key } from '../protocol/names.js'

/**
 * What makes an object a reference to a task's result: client futures carry this symbol with their key. The encoder
 * writes such an object as a reference, the decoder puts the value of that key in its place. A brand and not a class,
 * so that `values` need not know the client.
 */
export const FUTURE_KEY: unique symbol = Symbol.for('heddle.future.key') as never

export interface FutureLike {
  readonly [FUTURE_KEY]: Key
}

/** Does it stand for a task's result? */
export function isFutureLike(value: object): value is FutureLike {
  return FUTURE_KEY in value
}
