import { NotHere } from './errors.js'

/** A function of Python's, done here: the arguments are as pickles say them, arrays are `NDArray`s. */
export type Callable = (args: readonly unknown[], kwargs: ReadonlyMap<unknown, unknown>) => unknown

/** One that takes so many arguments by position, and none by keyword. */
export function positional(min: number, max: number, call: (...args: unknown[]) => unknown): Callable {
  return (args, kwargs) => {
    if (args.length < min || args.length > max || kwargs.size > 0) throw new NotHere('a call with such arguments')
    return call(...args)
  }
}
