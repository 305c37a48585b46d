/** So many are looked through one by one. */
const FEW = 8

/**
 * The objects of one value, numbered in the order in which they were met. Most values have few objects or none twice:
 * numbers are made when the first of many comes again.
 */
export class SeenObjects {
  readonly #few: (object | undefined)[] = new Array<object | undefined>(FEW).fill(undefined)
  #many: Set<object> | undefined
  #numbers: Map<object, number> | undefined
  #size = 0

  get size(): number {
    return this.#many?.size ?? this.#size
  }

  /** The number of an object that was met before; undefined: it is new, and now has one. */
  numberOf(object: object): number | undefined {
    if (this.#many !== undefined) return this.#among(this.#many, object)
    const size = this.#size
    const few = this.#few
    for (let i = 0; i < size; i++) if (few[i] === object) return i
    if (size < FEW) few[size] = object
    else this.#many = new Set(few as object[]).add(object)
    this.#size = size + 1
    return undefined
  }

  /** Forgets all but the first. */
  shrink(size: number): void {
    if (this.#many === undefined) this.#size = size
    else this.#shrinkMany(this.#many, size)
  }

  clear(): void {
    if (this.#size > 0) this.#few.fill(undefined)
    this.#many = undefined
    this.#numbers = undefined
    this.#size = 0
  }

  #among(many: Set<object>, object: object): number | undefined {
    const before = many.size
    if (many.add(object).size > before) {
      this.#numbers?.set(object, before)
      return undefined
    }
    this.#numbers ??= new Map(Array.from(many, (one, i) => [one, i]))
    return this.#numbers.get(object)
  }

  #shrinkMany(many: Set<object>, size: number): void {
    if (many.size === size) return
    this.#many = new Set([...many].slice(0, size))
    this.#numbers = undefined
  }
}
