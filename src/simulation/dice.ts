/** All chance of a simulation, from one seed (mulberry32). */
export class Dice {
  #state: number

  /** `part` tells the chance of one thing from that of others with the same seed. */
  constructor(seed: number, part = -1) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b)) >>> 0
  }

  /** In [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.next() * n < 1
  }

  /** One of them. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.next() * items.length)]
  }

  /** Some of them, each with that chance. */
  some<T>(items: Iterable<T>, chance: number): T[] {
    return [...items].filter(() => this.next() < chance)
  }
}
