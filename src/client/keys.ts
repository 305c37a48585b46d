import { randomBytes } from 'node:crypto'
import type { Key } from '../protocol/names.js'

/** Of this process: with a counter behind it no other process makes the same. 40 random bits. */
const origin = BigInt(`0x${randomBytes(5).toString('hex')}`)
  .toString(36)
  .padStart(8, '0')
let count = 0

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
