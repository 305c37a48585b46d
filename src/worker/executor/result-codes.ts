import type { ThreadResult } from './thread-messages.js'

const STATUSES: readonly ThreadResult['status'][] = [
  'ok',
  'raised',
  'timeout',
  'thread-died',
  'load',
  'result',
  'reschedule',
]

/** Results with larger heads go by message. */
export const LARGEST_ENTRY = 8 * 1024
/** The ring that carries results from a thread. */
export const OUTBOX_BYTES = 128 * 1024
/** And the one that brings it jobs. */
export const INBOX_BYTES = 128 * 1024
/** Nothing to carry. */
export const NO_BYTES = new Uint8Array(0)

/** How a status is written in the outbox. */
export function codeOf(status: ThreadResult['status']): number {
  return STATUSES.indexOf(status)
}

/** And read. */
export function statusOf(code: number): ThreadResult['status'] {
  return STATUSES[code] as ThreadResult['status']
}
