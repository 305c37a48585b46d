/** What a `ThreadLink` says of its thread and of the jobs that it was given. */
import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { Posted } from './posted.js'
import type { ThreadLink } from './thread-link.js'
import type { FromThread, ThreadResult } from './thread-messages.js'

/** What a thread said of a job's end. */
export type Result = Omit<ThreadResult, 'id' | 'value'> & { readonly value: Encoded | undefined }

export interface LinkEvents {
  onResult(link: ThreadLink, posted: Posted, result: Result): void
  /** All of a batch of results have been said. */
  onProgress(link: ThreadLink): void
  onLog(link: ThreadLink, entry: Extract<FromThread, { op: 'log' }>): void
  /** A task left its place, for it waits for other tasks. */
  onSeceded(posted: Posted): void
  /** Once, unless `end` was called before. */
  onDeath(link: ThreadLink, death: Death): void
}

/** How a thread came to its end by itself. */
export interface Death {
  readonly reason: 'crashed' | 'exit' | 'out-of-memory' | 'error'
  /** The job that did it, if that is known; it may be over. */
  readonly id: number | undefined
  readonly key: Key | undefined
  readonly error: Encoded | undefined
  readonly text: string
  /** Bytes, as far as it is known. */
  readonly heapUsed: number
}
