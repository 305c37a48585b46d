/** One that can stand in a `Recency`. */
export interface Ranked<T> {
  older: T | undefined
  newer: T | undefined
}

/** Things in order of use. Every step costs the same, however many there are. */
export class Recency<T extends Ranked<T>> {
  #oldest: T | undefined
  #newest: T | undefined

  /** Used now. */
  add(item: T): void {
    item.older = this.#newest
    item.newer = undefined
    if (this.#newest === undefined) this.#oldest = item
    else this.#newest.newer = item
    this.#newest = item
  }

  /** The first to go. */
  addOldest(item: T): void {
    item.newer = this.#oldest
    item.older = undefined
    if (this.#oldest === undefined) this.#newest = item
    else this.#oldest.older = item
    this.#oldest = item
  }

  /** It stands here already, and was used now. */
  touch(item: T): void {
    if (item === this.#newest) return
    this.remove(item)
    this.add(item)
  }

  remove(item: T): void {
    const { older, newer } = item
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    item.older = undefined
    item.newer = undefined
  }

  /** The least recently used first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let item = this.#oldest; item !== undefined; ) {
      const { newer } = item
      yield item
      item = newer
    }
  }
}
