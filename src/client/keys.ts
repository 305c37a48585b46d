import { randomBytes } from 'node:crypto'
import { OptionError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { shown } from '../util/shown.js'

/** Of this process: with a counter behind it no other process makes the same. 40 random bits. */
const origin = BigInt(`0x${randomBytes(5).toString('hex')}`)
  .toString(36)
  .padStart(8, '0')
let count = 0

/** It travels with every message about its task. */
const LONGEST = 4096

/** A key that somebody chose. @throws OptionError, under the name `option`, for what cannot be one. */
export function checkKey(key: unknown, option: string): Key {
  if (typeof key !== 'string') throw new OptionError(option, `must be a text, is ${shown(key)}`)
  if (key === '') throw new OptionError(option, 'must not be empty')
  if (key.length > LONGEST)
    throw new OptionError(option, `has ${key.length} characters; a key has at most ${LONGEST}: ${shown(key)}`)
  return key
}

/** `<name>-<unique>`: a key that nobody else has. */
export function freshKey(name: string): Key {
  return `${name}-${origin}${(count++).toString(36)}`
}

/**
 * A recipe that no other task has, of the form of the hashes that others have: 128 bits, hex. For tasks whose key is
 * fresh, so that there is nothing to compare it with.
 */
export function freshRecipe(): string {
  return recipeOrigin + (count++).toString(16).padStart(16, '0')
}

const recipeOrigin = randomBytes(8).toString('hex')
