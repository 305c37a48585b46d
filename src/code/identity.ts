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

/**
 * What travels for `fn`: a function of a module as it is, any other by its source. Remembered per function object.
 * @throws CaptureError for free variables that are no globals; LoadError HEDDLE_FUNCTION for what has no source
 * (native and bound functions) or cannot run by itself (a class, a method that uses `super`).
 */
export declare function ship(fn: (...args: never[]) => unknown): Shipped
