/** What calls that take futures are given, checked. */
import { OptionError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { shown } from '../util/shown.js'
import { Future } from './future.js'
import { checkKey } from './keys.js'

/** Some keys: futures or their names, one or many. */
export type KeysLike = Key | Future<unknown> | Iterable<Key | Future<unknown>>

/** One future or many, as a list. @throws OptionError. */
export function futuresOf<F extends Future<unknown>>(which: F | Iterable<F>): F[] {
  const list = which instanceof Future ? [which] : listOf(which, 'futures', 'a future or a list of futures')
  const wrong = list.find((one) => !(one instanceof Future))
  if (wrong !== undefined || list.includes(undefined as never))
    throw new OptionError('futures', `must be futures, as submit and map give them; ${shown(wrong)} is none`)
  return list as F[]
}

/** One or many, as a list. @throws OptionError. */
export function partsOf(which: KeysLike): (Key | Future<unknown>)[] {
  if (typeof which === 'string' || which instanceof Future) return [which]
  return listOf(which, 'keys', 'a future, a key, or a list of them')
}

/** The names of these. @throws OptionError. */
export function keysOf(which: KeysLike): Key[] {
  return partsOf(which).map(keyOf)
}

/** The name of this one. @throws OptionError. */
export function keyOf(which: unknown): Key {
  if (which instanceof Future) return which.key
  return checkKey(which, 'key')
}

function listOf<T>(which: Iterable<T>, option: string, what: string): T[] {
  if (typeof which === 'object' && which !== null && Symbol.iterator in which) return [...which]
  throw new OptionError(option, `must be ${what}, is ${shown(which)}`)
}
