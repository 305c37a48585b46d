import { OptionError } from '../errors.js'
import { nearest } from './nearest.js'

/** @throws OptionError for an option that is not among `known`, with the one that was probably meant. */
export function checkNames(options: object, known: readonly string[], what = 'options'): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OptionError(what, 'must be an object')
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  throw new OptionError(unknown, `unknown; ${meant ? `did you mean '${meant}'?` : `there are ${known.join(', ')}`}`)
}
