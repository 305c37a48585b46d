/** What a node knows of time; passed in, so that a test can be the clock. */
export interface Clock {
  /** Milliseconds since 1970, with fraction; never falls, also when the system's time is set. */
  now(): number
  /** Calls back once, `ms` from now or a little later; the returned function prevents it. Does not keep the process alive. */
  after(ms: number, callback: () => void): () => void
}

/** The longest time that a timer of the platform can wait. */
const LONGEST_MS = 2 ** 31 - 1

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.ceil(Math.max(0, ms)), LONGEST_MS)).unref()
    return () => clearTimeout(timer)
  },
}
