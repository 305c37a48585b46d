import type { Clock } from './clock.js'

/** Rings when the earliest of the times that were set has come; the others are still to come then. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  readonly #times = new Set<number>()
  #armedFor = Number.POSITIVE_INFINITY
  #disarm: (() => void) | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at this time, in the milliseconds of the clock, or a little later. */
  set(time: number): void {
    this.#times.add(time)
    if (time < this.#armedFor) this.#arm(time)
  }

  stop(): void {
    this.#times.clear()
    this.#disarm?.()
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #arm(time: number): void {
    this.#disarm?.()
    this.#armedFor = time
    this.#disarm = this.#clock.after(time - this.#clock.now(), () => this.#look())
  }

  #look(): void {
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    let due = false
    for (const time of this.#times) {
      if (time > now) next = Math.min(next, time)
      else due = this.#times.delete(time)
    }
    this.#armedFor = Number.POSITIVE_INFINITY
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next)
    if (due) this.#ring()
  }
}
