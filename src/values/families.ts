import type { Encoded } from './encoded.js'

type Opener = (encoded: Encoded) => unknown

const OPENERS = new Map<number, Opener>()

/** Families from here on are other systems'. */
const FOREIGN = 0x40

/** Lets `decode` open values of another system, whose heads begin with that byte (from 0x40 on). */
export function registerFamily(family: number, open: Opener): void {
  OPENERS.set(family, open)
}

/** What opens values of that family; undefined: it is not known here. */
export function familyOpener(family: number): Opener | undefined {
  return OPENERS.get(family)
}

/** Is it a value of another system's? */
export function isForeign({ head }: Pick<Encoded, 'head'>): boolean {
  return (head[0] ?? 0) >= FOREIGN
}

let learn: (() => Promise<unknown>) | undefined

/** What makes values of other systems known, when the first is met. */
export function provideFamilies(load: () => Promise<unknown>): void {
  learn = load
}

/** To be awaited before this is decoded, if it gives anything. */
export function prepareFamily({ head }: Pick<Encoded, 'head'>): Promise<unknown> | undefined {
  const family = head[0] ?? 0
  return family < FOREIGN || OPENERS.has(family) ? undefined : learn?.()
}
