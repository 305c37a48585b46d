import type { Encoded } from './encoded.js'

type Opener = (encoded: Encoded) => unknown

const OPENERS = new Map<number, Opener>()

/** Lets `decode` open values of another system, whose heads begin with that byte (from 0x40 on). */
export function registerFamily(family: number, open: Opener): void {
  OPENERS.set(family, open)
}

/** What opens values of that family; undefined: it is not known here. */
export function familyOpener(family: number): Opener | undefined {
  return OPENERS.get(family)
}
