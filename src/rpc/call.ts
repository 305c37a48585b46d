import { WaitTimeoutError } from '../errors.js'
import type { AddressLike } from '../util/address.js'
import { durationText } from '../util/duration.js'
import type { DialOptions } from './dial.js'
import type { CallOptions, PoolOptions } from './pool.js'

const CONNECT_TIMEOUT_MS = 10_000

type Reject = (reason: unknown) => void

/** One request, and what can end it early: its time, its caller's signal, the end of the pool. */
export class Call {
  /** Why it was given up, in a box since a signal's reason can be anything. */
  #given: { reason: unknown } | undefined
  #reject: Reject | undefined
  #dialling: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #begun = performance.now()
  readonly #options: CallOptions
  readonly #onAbort = () => this.giveUp(this.#options.signal?.reason)

  /** @throws the signal's reason, when it is aborted already. */
  constructor(
    readonly op: string,
    readonly address: AddressLike,
    options: CallOptions,
  ) {
    this.#options = options
    const { signal, timeoutMs } = options
    signal?.throwIfAborted()
    signal?.addEventListener('abort', this.#onAbort)
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#late(timeoutMs), timeoutMs)
  }

  /** Whether it was given up: nobody waits for it. */
  get over(): boolean {
    return this.#given !== undefined
  }

  /** It is asked on that connection. */
  takes(connection: { readonly receivedBytes: number }): void {
    this.#options.onConnection?.(connection)
  }

  /** A promise that also ends when the call is given up. One at a time. */
  wait<T>(begin: (resolve: (value: T) => void, reject: Reject) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#given) return reject(this.#given.reason)
      this.#reject = reject
      begin(resolve, reject)
    })
  }

  giveUp(reason: unknown): void {
    this.#given ??= { reason }
    this.#dialling?.abort(reason)
    this.#reject?.(reason)
  }

  /** Dialling ends by itself when the call's time is over, with an error that says more. */
  dialOptions(defaults: PoolOptions = {}): DialOptions {
    this.#dialling = new AbortController()
    if (this.#given) this.#dialling.abort(this.#given.reason)
    const connectMs = this.#options.connectTimeoutMs ?? defaults.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    const leftMs = (this.#options.timeoutMs ?? Number.POSITIVE_INFINITY) - (performance.now() - this.#begun)
    const { limits, allocate, tls = this.#options.tls } = defaults
    return { timeoutMs: Math.min(connectMs, leftMs), signal: this.#dialling.signal, limits, allocate, tls }
  }

  /** Nothing can end it any more. */
  end(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#reject = undefined
  }

  #late(timeoutMs: number): void {
    const where = typeof this.address === 'string' ? this.address : JSON.stringify(this.address)
    const text = `'${this.op}' was not answered by ${where} within ${durationText(timeoutMs)}; it may still be carried out there.`
    const reason = new WaitTimeoutError(text)
    this.#given ??= { reason }
    this.#reject?.(reason)
  }
}
