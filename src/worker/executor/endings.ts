/** How a job's end is told. */
import { now, stopAfter } from './clock.js'
import type { Job, Outcome } from './executor.js'
import { deathError, timeoutError } from './failures.js'
import type { Posted } from './posted.js'
import type { Death, Result } from './thread-events.js'
import type { ThreadLink } from './thread-link.js'

/** What errors say of the place. */
export interface Named {
  readonly workerName: string
  readonly heapLimit: number | undefined
}

type Ending = Posted['ending']

/** Aborted before a thread had it. */
export function neverRan(thread: number): Outcome {
  const start = now()
  return { status: 'aborted', thread, start, stop: stopAfter(start) }
}

/** Where a task ran. */
export interface Place {
  readonly thread: number
  readonly workerName: string
}

/** The thread has said how the task ended; a task that was to end is past that. */
export function outcomeOfResult(
  { status, value, typename, start, stop }: Result,
  job: Job,
  ending: Ending,
  { thread, workerName }: Place,
): Outcome {
  if (ending === 'aborted') return { status: 'aborted', thread, start, stop }
  if (ending === 'timeout')
    return { status: 'error', kind: 'timeout', error: timeoutError(job, workerName), thread, start, stop }
  if (status === 'reschedule') return { status, thread, start, stop }
  const encoded = value as NonNullable<typeof value>
  if (status === 'ok') return { status, value: encoded, typename, thread, start, stop }
  return { status: 'error', kind: status, error: encoded, thread, start, stop }
}

interface EndOfThread extends Named {
  readonly link: ThreadLink
  readonly posted: Posted
  /** Those for whose sake, or by whom, the thread was ended. */
  readonly blamed: readonly Posted[]
  /** Undefined: we ended it. */
  readonly death: Death | undefined
}

/** The thread was ended while it ran the task. */
export function outcomeOfEnd({ link, posted, blamed, death, workerName, heapLimit }: EndOfThread): Outcome {
  const { job, ending } = posted
  const start = link.posted.startOf(posted)
  const timing = { thread: link.number, start, stop: stopAfter(start) }
  if (ending === 'aborted') return { status: 'aborted', ...timing }
  if (ending === 'timeout') return { status: 'error', kind: 'timeout', error: timeoutError(job, workerName), ...timing }
  if (death === undefined || !blamed.includes(posted)) return { status: 'displaced', ...timing }
  const together = blamed.filter((other) => other !== posted).map((other) => other.job.key)
  return { status: 'error', kind: 'thread-died', error: deathError(job, death, heapLimit, together), ...timing }
}
