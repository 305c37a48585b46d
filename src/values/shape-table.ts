import { SHAPES_MAX } from './format.js'

const SLOTS = 256

/** The lists of keys of one value's objects, numbered in the order in which their objects were finished. */
export class ShapeTable {
  #shapes: (readonly string[])[] = []
  /** For a hash of a list, the number of the latest such list plus `#base`. */
  readonly #slots = new Float64Array(SLOTS)
  #base = 1

  get size(): number {
    return this.#shapes.length
  }

  /** The number of the same list; undefined: it has none. */
  find(names: readonly string[]): number | undefined {
    if (names.length === 0) return undefined
    const number = (this.#slots[slotOf(names)] as number) - this.#base
    return number >= 0 && areSame(this.#shapes[number] as readonly string[], names) ? number : undefined
  }

  /** Numbers a list, when all values of its object were written: the reader knows it no sooner. */
  add(names: readonly string[]): void {
    if (names.length === 0 || this.#shapes.length >= SHAPES_MAX) return
    this.#slots[slotOf(names)] = this.#base + this.#shapes.length
    this.#shapes.push(names)
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
