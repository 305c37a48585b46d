/** How many jobs a thread should have beside the one that it runs, learnt from what tasks take. */

/** Work that a thread should have at hand: several times what it takes to bring it more. */
const AHEAD_MS = 4
/** Longer tasks are given one by one: waiting for the next costs them nothing that counts. */
const LONG_MS = 20
const MOST_AHEAD = 256
/** Weight of the newest running time. */
const NEWEST = 1 / 16

/** How long recent jobs ran, and so how many a thread is given ahead. */
export class Pace {
  /** Mean of recent running times, milliseconds; 0 before the first. */
  meanMs = 0
  #ahead = 0

  note(ms: number): void {
    this.meanMs = this.meanMs === 0 ? ms : this.meanMs + (ms - this.meanMs) * NEWEST
    this.#ahead = aheadFor(this.meanMs)
  }

  /** 0 for long tasks and before the first; a power of two, so that it changes seldom. */
  get ahead(): number {
    return this.#ahead
  }
}

function aheadFor(meanMs: number): number {
  if (meanMs > LONG_MS) return 0
  const wanted = Math.min(MOST_AHEAD, Math.max(1, AHEAD_MS / meanMs))
  return 2 ** Math.ceil(Math.log2(wanted))
}
