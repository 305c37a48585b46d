/** What can be in a bag. */
export interface Placed {
  /** Where it is in its bag, which alone changes this; -1 outside of one. */
  place: number
}

/** Items in no order, each in one bag at most. To put one in or take it out costs no look-up, and no memory. */
export class Bag<T extends Placed> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  has(item: T): boolean {
    return this.#items[item.place] === item
  }

  add(item: T): void {
    item.place = this.#items.push(item) - 1
  }

  /** Does nothing if it is not in here. */
  delete(item: T): void {
    if (!this.has(item)) return
    const last = this.#items.pop() as T
    if (last !== item) {
      this.#items[item.place] = last
      last.place = item.place
    }
    item.place = -1
  }

  /** Looks through all. */
  find(isWanted: (item: T) => boolean): T | undefined {
    return this.#items.find(isWanted)
  }

  /** In no promised order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values()
  }
}
