/** So many are looked through one by one. */
const FEW = 8

/** The objects of one value, numbered in the order in which they were met. */
export class SeenObjects {
  readonly #few: (object | undefined)[] = new Array<object | undefined>(FEW).fill(undefined)
  #many: Map<object, number> | undefined
  size = 0

  /** The number of an object that was met before; undefined: it is new, and now has one. */
  numberOf(object: object): number | undefined {
    if (this.#many !== undefined) return this.#among(this.#many, object)
    const { size } = this
    const few = this.#few
    for (let i = 0; i < size; i++) if (few[i] === object) return i
    if (size < FEW) few[size] = object
    else this.#many = new Map(few.map((one, i) => [one as object, i])).set(object, size)
    this.size = size + 1
    return undefined
  }

  /** Forgets all but the first. */
  shrink(size: number): void {
    if (this.#many !== undefined) {
      for (const [object, number] of this.#many) if (number >= size) this.#many.delete(object)
    }
    this.size = size
  }

  clear(): void {
    if (this.size > 0) this.#few.fill(undefined)
    this.#many = undefined
    this.size = 0
  }

  #among(many: Map<object, number>, object: object): number | undefined {
    const known = many.get(object)
    if (known === undefined) many.set(object, this.size++)
    return known
  }
}
