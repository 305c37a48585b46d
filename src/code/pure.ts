/** Set on functions by `pure(fn)`. */
export const PURE: unique symbol = Symbol.for('heddle.pure') as never

/** Declares that equal calls give equal results: they may share one. Gives `fn` itself. */
export function pure<F extends (...args: never[]) => unknown>(fn: F): F {
  return Object.defineProperty(fn, PURE, { value: true, configurable: true })
}
