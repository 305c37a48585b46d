import { availableParallelism } from 'node:os'

/** An answer that takes longer is waited for asleep, and so are those after it until one is quicker. */
const QUICK_MS = 1
/** How long a wait may be spent awake. */
const AWAKE_MS = 0.5
/** One wait of so many is spent the other way, to see whether that has become better. */
const TRIAL = 32
/** Before that the nodes' own code is still being compiled, which needs the cores. */
const WARM = 1000
/** Weight of the newest wait. */
const NEWEST = 1 / 8

/** What a vigil needs of its thread. */
export interface VigilOptions {
  /** Staying awake takes a core from nobody. Default: there is more than one. */
  readonly isUseful?: boolean
  /** Milliseconds. */
  readonly now?: () => number
  /** Calls back when the event loop has looked at its sockets once more. */
  readonly next?: (look: () => void) => void
}

/**
 * Waits for one answer that is about to come: awake, where that is quicker. To wake an idle core can take as long as
 * all the work that a short task is for a scheduler and a worker; while this thread keeps its core awake, they share
 * another, and none of them wakes one. Where other work keeps the cores awake, it only stands in the way. So both ways
 * are measured, and the better one is taken.
 */
export class Vigil {
  readonly #isUseful: boolean
  readonly #now: () => number
  readonly #next: (look: () => void) => void
  /** How long answers take of late; undefined: not known yet. */
  readonly #means: { awake: number | undefined; asleep: number | undefined } = { awake: undefined, asleep: undefined }
  #way: 'awake' | 'asleep' = 'asleep'
  /** When the wait that is under way began; undefined: there is none. */
  #since: number | undefined
  #isLooking = false
  #waits = 0

  constructor({
    isUseful = availableParallelism() > 1,
    now = () => performance.now(),
    next = (look) => void setImmediate(look),
  }: VigilOptions = {}) {
    this.#isUseful = isUseful
    this.#now = now
    this.#next = next
  }

  /** The wait begins. */
  begin(): void {
    this.#since = this.#now()
    this.#way = this.#choose()
    if (this.#way === 'asleep' || this.#isLooking) return
    this.#isLooking = true
    this.#next(this.#look)
  }

  /** The answer is there. */
  end(): void {
    if (this.#since === undefined) return
    // One that met a pause of the collector says little.
    const took = Math.min(this.#now() - this.#since, 2 * QUICK_MS)
    const mean = this.#means[this.#way]
    this.#means[this.#way] = mean === undefined ? took : mean + (took - mean) * NEWEST
    this.#since = undefined
  }

  /** It is no wait for a single answer any more: it says nothing of those. */
  abandon(): void {
    this.#since = undefined
  }

  #choose(): 'awake' | 'asleep' {
    const { awake, asleep } = this.#means
    if (!this.#isUseful || asleep === undefined || ++this.#waits <= WARM) return 'asleep'
    if (Math.min(asleep, awake ?? asleep) > QUICK_MS) return 'asleep'
    const isTrial = this.#waits % TRIAL === 0
    const isBetter = awake === undefined || awake < asleep
    return isBetter !== isTrial ? 'awake' : 'asleep'
  }

  readonly #look = (): void => {
    this.#isLooking = this.#since !== undefined && this.#now() - this.#since < AWAKE_MS
    if (this.#isLooking) this.#next(this.#look)
  }
}
