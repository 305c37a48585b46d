import { CancelledError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import { encode } from '../values/encode.js'
import { typenameOf } from '../values/typename.js'
import { Future } from './future.js'
import { freshKey } from './keys.js'
import { type Parcel, send } from './parcels.js'
import { addressesOf } from './run.js'
import type { Session } from './session.js'

/** Bytes from which an argument is put on a worker once, instead of travelling with each task. */
const LARGE_BYTES = 64 * 2 ** 20
const SAMPLES = 4096
const LOOK_FOR_WORKER_MS = 200

interface Placed {
  readonly future: Future<unknown>
  /** Of the bytes as they were placed. */
  readonly sample: number
}

/**
 * Puts large arrays among the arguments on a worker, once: the same array that is given again is known by identity,
 * while a sample of its bytes has not changed.
 */
export class LargeArgs {
  readonly #session: Session
  readonly #placed = new WeakMap<object, Placed>()

  constructor(session: Session) {
    this.#session = session
  }

  /** The arguments, with futures in the place of large arrays. */
  replace(args: readonly unknown[], task: string): readonly unknown[] {
    if (!args.some(isLarge)) return args
    return args.map((arg, i) => (isLarge(arg) ? this.#futureOf(arg, `argument ${i + 1} of '${task}'`) : arg))
  }

  /** Puts a value on a worker. What is submitted from now on leaves when it has arrived. */
  once(value: unknown): Future<unknown> {
    return this.#place(value)
  }

  #futureOf(value: ArrayBufferView, what: string): Future<unknown> {
    const sample = sampleOf(value)
    const known = this.#placed.get(value)
    if (known?.sample === sample && known.future.status !== 'cancelled') return known.future
    this.#note(what, value.byteLength)
    const future = this.#place(value)
    this.#placed.set(value, { future, sample })
    return future
  }

  /** What is submitted from now on leaves when the value has arrived. */
  #place(value: unknown): Future<unknown> {
    const session = this.#session
    const typename = typenameOf(value)
    const parcel = { key: freshKey(typename), encoded: encode(value), typename }
    const place = session.wants.acquire(parcel.key)
    session.outbox.holdUntil(this.#send(parcel))
    return new Future(session, session.wants.holdOne(place), place.index)
  }

  async #send(parcel: Parcel): Promise<void> {
    const { key, encoded, typename } = parcel
    const state = this.#session.wants.find(key)
    try {
      const addresses = await this.#workers()
      const holders = (await send(this.#session, [parcel], addresses, {})).get(key) ?? []
      state?.settle({ status: 'finished', nbytes: encoded.nbytes, typename, holders, inline: undefined })
    } catch (cause) {
      state?.settle({ status: 'cancelled', error: neverArrived(key, cause) })
    }
  }

  /** There may be none yet: tasks wait for one, and so does this. */
  async #workers(): Promise<Address[]> {
    for (;;) {
      const addresses = await addressesOf(this.#session, undefined)
      if (addresses.length > 0) return addresses
      await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_WORKER_MS).unref())
    }
  }

  #note(what: string, nbytes: number): void {
    const size = nbytes < 1e9 ? `${(nbytes / 1e6).toFixed(0)} MB` : `${(nbytes / 1e9).toFixed(1)} GB`
    this.#session.logger.warn(
      `[HEDDLE_LARGE_ARG] ${what} is ${size}; it is placed once on a worker and used again. ` +
        'To do this ahead of time: const placed = await client.scatter(array)',
    )
  }
}

function neverArrived(key: Key, cause: unknown): CancelledError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const error = new CancelledError(key, `a large argument could not be placed on a worker: ${why}`, 'HEDDLE_DATA_LOST')
  error.cause = cause
  return error
}

function isLarge(arg: unknown): arg is ArrayBufferView {
  return ArrayBuffer.isView(arg) && arg.byteLength >= LARGE_BYTES
}

/** Over bytes spread evenly (FNV-1a): what fills an array anew changes it. */
function sampleOf({ buffer, byteOffset, byteLength }: ArrayBufferView): number {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const step = byteLength / SAMPLES
  let hash = 0x811c9dc5
  for (let i = 0; i < SAMPLES; i++) {
    // A stride that is no multiple of an item's size meets all bytes of items.
    const at = Math.min(byteLength - 1, Math.floor(i * step) + (i % 8))
    hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  }
  return hash
}
