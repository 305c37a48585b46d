import { WaitTimeoutError } from '../errors.js'
import { toMs } from '../util/duration.js'
import { checkWaitOptions, type WaitOptions } from './waiting.js'

/** The time of a call that does several things one after the other. */
export class Deadline {
  readonly #endsAt: number | undefined
  readonly #options: WaitOptions

  /** @throws OptionError for a timeout that is no duration. */
  constructor(options: WaitOptions) {
    checkWaitOptions(options)
    this.#options = options
    this.#endsAt = options.timeout === undefined ? undefined : performance.now() + toMs(options.timeout, 'timeout')
  }

  /** What is left of it. */
  get rest(): WaitOptions {
    if (this.#endsAt === undefined) return this.#options
    return { ...this.#options, timeout: Math.max(0, this.#endsAt - performance.now()) }
  }

  /** The promise, but no longer than until then. @throws WaitTimeoutError. */
  async limit<T>(promise: Promise<T>, what: string): Promise<T> {
    const { timeout, signal } = this.rest
    if (timeout === undefined && !signal) return promise
    let stop = () => {}
    const over = new Promise<never>((_, reject) => {
      const end = () => reject(new WaitTimeoutError(`${what} did not come in time; it stays where it is`))
      const timer = timeout === undefined ? undefined : setTimeout(end, timeout as number)
      signal?.addEventListener('abort', end, { once: true })
      if (signal?.aborted) end()
      stop = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
      }
    })
    try {
      return await Promise.race([promise, over])
    } finally {
      stop()
    }
  }
}
