import type { Dice } from './dice.js'
import type { Timeline } from './timeline.js'

/** One direction of one connection: nothing is overtaken in it, whatever happens elsewhere. */
export class Stream<M> {
  #open = true
  #lastArrival = 0

  constructor(
    readonly time: Timeline,
    readonly dice: Dice,
    readonly deliver: (message: M) => void,
  ) {}

  send(message: M): void {
    if (!this.#open) return
    const delay = this.dice.oneIn(50) ? this.dice.between(100, 800) : this.dice.next() * 5
    this.#lastArrival = Math.max(this.#lastArrival, this.time.now + delay)
    // By the clock and not from now: a difference would be rounded, and one message overtake another by that.
    this.time.at(this.#lastArrival, () => {
      if (this.#open) this.deliver(message)
    })
  }

  /** What is under way is lost. */
  cut(): void {
    this.#open = false
  }
}
