/**
 * Tasks that this worker was given and cannot run: they go back to the scheduler, for another worker. It would choose the
 * same one again, so while it decides it is told that this worker is paused: the messages arrive as one batch, and nothing
 * else happens in between. If that was not the first in a while, the worker stays paused for a moment, so that tasks do
 * not go round and round, here or among several of our workers. When nobody is there who could run a task, it fails.
 */
import type { Key } from '../../protocol/names.js'
import { pythonError } from '../values/exceptions.js'
import { failed, reschedule, statusChange } from './outward.js'

/** After so long without such a task the next one is the first again. */
const QUIET_MS = 1000
/** How long the worker stays paused: at first, or while it has tasks of its own; and at most. */
const PAUSE_MIN_MS = 50
const PAUSE_MAX_MS = 400
/** After so many times that a task was here we look whether anybody could take it. */
const LOOK_AFTER = 3
/** It is held so long meanwhile. */
const HOLD_MS = 100
/** If nobody can for so long, the task fails: a worker may just be starting. */
const GIVE_UP_MS = 5000
/** Keys whose returns are counted. */
const COUNTED_MAX = 10_000

/** A task that is not for us. */
export interface Unwanted {
  readonly key: Key
  readonly runId: number
  /** What it is, for people. */
  readonly what: string
  /** Its user has said which workers may run it. */
  readonly workers: readonly string[] | undefined
}

/** What is needed of the connection. */
export interface HandBackParts {
  say(message: unknown): void
  /** By its own account: one that is not running is given nothing anyway. */
  isRunning(): boolean
  /** Whether a worker is there that runs what we cannot, of these if some are named. */
  isAnybodyElse(workers: readonly string[] | undefined): Promise<boolean>
  clockOffsetMs(): number
}

interface Returns {
  count: number
  /** Since when we know of nobody. */
  aloneSince: number | undefined
}

/** See above. */
export class HandBack {
  readonly #parts: HandBackParts
  readonly #held = new Map<Key, { readonly task: Unwanted; readonly timer: NodeJS.Timeout }>()
  readonly #returns = new Map<Key, Returns>()
  #gaveAt = Number.NEGATIVE_INFINITY
  #oursAt = Number.NEGATIVE_INFINITY
  #pauseMs = PAUSE_MIN_MS
  #pause: NodeJS.Timeout | undefined

  constructor(parts: HandBackParts) {
    this.#parts = parts
  }

  /** Gives it back, now or in a moment. */
  take(task: Unwanted): void {
    this.release(task.key)
    const returns = this.#countReturn(task.key)
    if (task.workers !== undefined || returns.count % LOOK_AFTER === 0) void this.#look(task, returns)
    else this.#give(task.key)
  }

  /** The task itself has asked to be run elsewhere: whoever can run it is of our kind, if not this very worker. */
  again(key: Key): void {
    this.#give(key)
  }

  /** A task came that this worker can run. */
  noteOurs(): void {
    this.#oursAt = performance.now()
  }

  /** It is not ours to give any more. @returns whether it was here. */
  release(key: Key): boolean {
    clearTimeout(this.#held.get(key)?.timer)
    return this.#held.delete(key)
  }

  /** The connection has ended. */
  close(): void {
    clearTimeout(this.#pause)
    for (const key of [...this.#held.keys()]) this.release(key)
  }

  #countReturn(key: Key): Returns {
    const returns = this.#returns.get(key) ?? { count: 0, aloneSince: undefined }
    returns.count++
    this.#returns.delete(key)
    this.#returns.set(key, returns)
    const [oldest] = this.#returns.keys()
    if (this.#returns.size > COUNTED_MAX) this.#returns.delete(oldest as Key)
    return returns
  }

  async #look(task: Unwanted, returns: Returns): Promise<void> {
    this.#hold(task)
    const somebody = await this.#parts.isAnybodyElse(task.workers).catch(() => true)
    if (somebody) returns.aloneSince = undefined
    else returns.aloneSince ??= Date.now()
    const { aloneSince } = returns
    // Those whom its user has named need not be waited for.
    const isOver = aloneSince !== undefined && (task.workers !== undefined || Date.now() - aloneSince >= GIVE_UP_MS)
    if (isOver && this.#held.get(task.key)?.task === task) this.#fail(task)
  }

  #hold(task: Unwanted): void {
    const timer = setTimeout(() => {
      this.#held.delete(task.key)
      this.#give(task.key)
    }, HOLD_MS)
    this.#held.set(task.key, { task, timer: timer.unref() })
  }

  #give(key: Key): void {
    const { say, isRunning } = this.#parts
    const mayPause = this.#pause === undefined && isRunning()
    if (mayPause) say(statusChange('paused'))
    say(reschedule(key))
    const now = performance.now()
    const isFirst = now - this.#gaveAt > QUIET_MS
    this.#gaveAt = now
    if (!mayPause) return
    if (isFirst) this.#resume()
    else this.#resumeLater(now)
  }

  #resume(): void {
    this.#pauseMs = PAUSE_MIN_MS
    this.#parts.say(statusChange('running'))
  }

  #resumeLater(now: number): void {
    const ms = now - this.#oursAt < QUIET_MS ? PAUSE_MIN_MS : this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MAX_MS)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      if (this.#parts.isRunning()) this.#parts.say(statusChange('running'))
    }, ms).unref()
  }

  #fail(task: Unwanted): void {
    this.release(task.key)
    this.#returns.delete(task.key)
    const { key, runId, what, workers } = task
    const where =
      workers === undefined
        ? 'no worker of Python’s is there'
        : `no worker of Python’s is among its workers (${workers.join(', ')})`
    const error = pythonError(
      'NotImplementedError',
      `${what} is Python, which a Heddle worker cannot run, and ${where}.`,
    )
    this.#parts.say(failed(key, runId, error, this.#parts.clockOffsetMs()))
  }
}
