import { SHAPES_MAX } from './format.js'

const SLOTS = 256

/** The lists of keys of one value's objects, numbered in the order in which they were met. */
export class ShapeTable {
  #shapes: (readonly string[])[] = []
  /** For a hash of a list, the number of the latest such list plus `#base`. */
  readonly #slots = new Float64Array(SLOTS)
  #base = 1

  get size(): number {
    return this.#shapes.length
  }

  /** The number of the same list, met before; undefined: it is new, and now has one. */
  find(names: readonly string[]): number | undefined {
    if (names.length === 0) return undefined
    const slot = slotOf(names)
    const number = (this.#slots[slot] as number) - this.#base
    if (number >= 0 && areSame(this.#shapes[number] as readonly string[], names)) return number
    if (this.#shapes.length < SHAPES_MAX) {
      this.#slots[slot] = this.#base + this.#shapes.length
      this.#shapes.push(names)
    }
    return undefined
  }

  /** Forgets all but the first. */
  shrink(size: number): void {
    for (const names of this.#shapes.splice(size)) this.#slots[slotOf(names)] = 0
  }

  clear(): void {
    if (this.#shapes.length === 0) return
    this.#base += this.#shapes.length
    this.#shapes = []
  }
}

function slotOf(names: readonly string[]): number {
  const first = names[0] as string
  const last = names[names.length - 1] as string
  const hash = names.length * 31 + first.length * 7 + last.length * 17 + first.charCodeAt(0) + last.charCodeAt(0) * 3
  return (hash | 0) & (SLOTS - 1)
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
