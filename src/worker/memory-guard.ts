/**
 * Watches how much memory is in use (semantics.md §4.10): lets values go to disk, pauses the worker, and says what it
 * cannot help.
 */
import { formatBytes } from '../config/bytes.js'
import type { CheckedThresholds } from '../config/memory-thresholds.js'
import type { Logger } from '../log/log.js'
import type { Store } from './store/store.js'

const LOOK_EVERY_MS = 100
/** While it is paused, every tenth of a second that it waits too long is lost. */
const LOOK_PAUSED_EVERY_MS = 10
/** And whenever values of this share of the limit have come since. */
const LOOK_EVERY_SHARE = 0.05
/** A collection in every thread costs some milliseconds of each; a worker that is paused has them to spare. */
const COLLECT_EVERY_MS = 2000
const COLLECT_PAUSED_EVERY_MS = 200
/** A worker that cannot go on because of its disk says so after that. */
const PATIENCE_MS = 2000
/** A worker at its limit may pause many times a second. */
const SAY_EVERY_MS = 10_000
/** For so long letting go of results may bring nothing before that is said. */
const VAIN_MS = 2000

/** What the guard needs of the worker. */
export interface GuardOptions {
  /** Bytes. */
  readonly limit: number
  readonly thresholds: Pick<CheckedThresholds, 'target' | 'spill' | 'pause' | 'terminate'>
  readonly store: Pick<Store, 'memoryBytes' | 'evict' | 'relieve' | 'obstacle' | 'onGrowth'>
  /** Bytes in use now, and bytes that are held for nothing. */
  measure(): { readonly used: number; readonly free: number }
  /** Gives back what is held for nothing, and finds garbage. */
  collect(): void
  /** Gives back what is held for nothing beyond so many bytes. */
  trim(free: number): void
  onPause(paused: boolean): void
  /** It is paused, and cannot let anything go; a result of so many bytes may be made all the same. Undefined: that is over. */
  onStuck(reason: string | undefined, room: number): void
  readonly logger: Logger
  readonly now: () => number
}

/** See above. */
export class MemoryGuard {
  readonly #options: GuardOptions
  #timer: NodeJS.Timeout | undefined
  #pausedAt: number | undefined
  #saidAt = Number.NEGATIVE_INFINITY
  #evicting = false
  #stuck = false
  /** Since when letting go of results has brought nothing; infinite: that was said. */
  #vainSince: number | undefined
  #collectedAt = Number.NEGATIVE_INFINITY

  constructor(options: GuardOptions) {
    this.#options = options
  }

  start(): void {
    this.#lookLater()
    this.#options.store.onGrowth(this.#options.limit * LOOK_EVERY_SHARE, () => this.look())
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#options.store.onGrowth(Number.POSITIVE_INFINITY, () => {})
  }

  /** Acts on what is in use at this moment. */
  look(): void {
    const { store, measure, trim } = this.#options
    store.relieve()
    const { used, free } = measure()
    this.#pause(used)
    // Much of it may be garbage, for which nothing has to go to disk: that is known at the next look.
    const isHigh = used > this.#bytes('spill')
    const isNew = isHigh && this.#collect()
    if (used + free > this.#heldMax) trim(Math.max(0, this.#heldMax - used))
    if (isHigh && !this.#evicting && (!isNew || this.isPaused)) void this.#evict(used)
    this.#tellStuck(used)
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined
  }

  #lookLater(): void {
    const look = () => {
      this.look()
      if (this.#timer !== undefined) this.#lookLater()
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(look, this.isPaused ? LOOK_PAUSED_EVERY_MS : LOOK_EVERY_MS).unref()
  }

  #bytes(threshold: 'target' | 'spill' | 'pause'): number {
    const { limit, thresholds } = this.#options
    const share = thresholds[threshold]
    return share === false ? Number.POSITIVE_INFINITY : share * limit
  }

  /** What is in use and what serves nobody, together: a nanny counts both. */
  get #heldMax(): number {
    const ceiling = this.#ceiling
    return (Math.min(this.#bytes('pause'), ceiling) + ceiling) / 2
  }

  /** Beyond that the worker is ended. */
  get #ceiling(): number {
    const { limit, thresholds } = this.#options
    return thresholds.terminate === false ? limit : thresholds.terminate * limit
  }

  #pause(used: number): void {
    const { onPause, logger, limit, now } = this.#options
    const paused = used > this.#bytes('pause')
    if (paused === this.isPaused) return
    this.#pausedAt = paused ? now() : undefined
    onPause(paused)
    if (this.#timer !== undefined) this.#lookLater()
    if (!paused || now() - this.#saidAt < SAY_EVERY_MS) return
    this.#saidAt = now()
    const amount = `${formatBytes(used)} of ${formatBytes(limit)} are in use`
    logger.warn(`memory is short: ${amount}; no task is started until some of it is free again`)
  }

  async #evict(used: number): Promise<void> {
    const { store, measure } = this.#options
    this.#evicting = true
    try {
      await store.evict(used - Math.min(this.#bytes('target'), this.#bytes('spill')))
      if (measure().used < used) this.#vainSince = undefined
      else this.#noteVain()
    } finally {
      this.#evicting = false
    }
  }

  #noteVain(): void {
    const now = this.#options.now()
    this.#vainSince ??= now
    if (now - this.#vainSince < VAIN_MS) return
    this.#vainSince = Number.POSITIVE_INFINITY
    this.#tellVain()
  }

  #tellVain(): void {
    const { store, measure, limit, logger } = this.#options
    const { used } = measure()
    const managed = store.memoryBytes
    const rest = `${formatBytes(Math.max(0, used - managed))} of the limit of ${formatBytes(limit)}`
    const why = store.obstacle === undefined ? '' : ` Nothing can be written to disk: ${store.obstacle}.`
    logger.warn(
      `${rest} are taken by something else than the ${formatBytes(managed)} of results kept here; ` +
        `tasks that keep objects, or a limit that is too small for this process, may be the cause.${why}`,
    )
  }

  /** False: it was done a moment ago. */
  #collect(): boolean {
    const { now, collect } = this.#options
    const every = this.isPaused ? COLLECT_PAUSED_EVERY_MS : COLLECT_EVERY_MS
    if (now() - this.#collectedAt < every) return false
    this.#collectedAt = now()
    collect()
    return true
  }

  #tellStuck(used: number): void {
    const { store, onStuck, now } = this.#options
    const isTime = this.#pausedAt !== undefined && now() - this.#pausedAt >= PATIENCE_MS
    const reason = isTime ? store.obstacle : undefined
    if (reason !== undefined || this.#stuck) onStuck(reason, this.#room(used))
    this.#stuck = reason !== undefined
  }

  /** Bytes of a result that may still be made: it exists twice for a moment, where it is made and where it is kept. */
  #room(used: number): number {
    return Math.max(0, Math.floor((this.#ceiling - used) / 2))
  }
}
