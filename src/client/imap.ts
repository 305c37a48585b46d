import { OptionError } from '../errors.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import { AsCompleted } from './as-completed.js'
import type { Future } from './future.js'

/** How much `imap` does at once. */
export interface ImapOptions {
  /** Calls that are submitted and whose results have not been taken. Default 64. */
  maxInFlight?: number
  /** Results in the order of the items (default), or as they come. */
  ordered?: boolean
}

/** What an `imap` can walk through, without holding it all. */
export type Source<T> = Iterable<T> | AsyncIterable<T>

/**
 * Submits a call for each item as the results are taken, so that neither items nor results pile up. A failure, or
 * leaving the loop, lets go of what is under way.
 */
export async function* imapCalls<T, R>(
  submit: (item: T) => Future<R>,
  source: Source<T>,
  options: ImapOptions,
): AsyncGenerator<R, void, undefined> {
  checkNames(options, ['maxInFlight', 'ordered'])
  const { maxInFlight = 64, ordered = true } = options
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
    throw new OptionError('maxInFlight', `must be a whole number from 1, is ${shown(maxInFlight)}`)
  }
  if (typeof source !== 'object' || source === null || !(Symbol.iterator in source || Symbol.asyncIterator in source))
    throw new OptionError('source', `must be a list, an iterator or a stream, is ${shown(source)}`)
  const inFlight = ordered ? new InOrder<R>() : new AsTheyCome<R>()
  try {
    for await (const item of source) {
      inFlight.add(submit(item))
      if (inFlight.size >= maxInFlight) yield await inFlight.take()
    }
    while (inFlight.size > 0) yield await inFlight.take()
  } finally {
    inFlight.release()
  }
}

/** The results of the calls under way, one after the other. */
abstract class InFlight<R> {
  protected readonly futures = new Set<Future<R>>()

  get size(): number {
    return this.futures.size
  }

  add(future: Future<R>): void {
    this.futures.add(future)
  }

  /** The next result. Its future is let go. */
  async take(): Promise<R> {
    const future = await this.next()
    try {
      return await future.result()
    } finally {
      this.futures.delete(future)
      future.release()
    }
  }

  release(): void {
    for (const future of this.futures) future.release()
  }

  protected abstract next(): Promise<Future<R>>
}

class InOrder<R> extends InFlight<R> {
  protected async next(): Promise<Future<R>> {
    const [first] = this.futures
    return first as Future<R>
  }
}

class AsTheyCome<R> extends InFlight<R> {
  readonly #completed = new AsCompleted<Future<R>>([])

  override add(future: Future<R>): void {
    super.add(future)
    this.#completed.add(future)
  }

  protected async next(): Promise<Future<R>> {
    return (await this.#completed.next()).value as Future<R>
  }

  override release(): void {
    void this.#completed.return()
    super.release()
  }
}
