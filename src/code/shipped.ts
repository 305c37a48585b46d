import type { FunctionRef } from '../protocol/names.js'
import type { Artefact } from './artefact.js'

/** A function that can travel: which it is, and the code that holds it. */
export interface Shipped {
  readonly ref: FunctionRef
  readonly artefact: Artefact
  /** For keys and messages: the function's name, or `lambda`. */
  readonly name: string
  /** Declared by `pure(fn)`. */
  readonly pure: boolean
}

/** Carried by the functions of `client.module(…)` and `task(…)`: where they come from. */
export const SHIPPED: unique symbol = Symbol.for('heddle.shipped') as never
