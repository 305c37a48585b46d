import type { FromClientMessage } from '../../protocol/messages.js'
import type { ClientId } from '../../protocol/names.js'
import type { Job } from './jobs.js'
import type { Parts } from './parts.js'
import { Wanted } from './roster.js'

/** Wants of nobody in particular: keys that were put on workers directly, kept until they are deleted (semantics.md §4.3). */
export const DIRECT = 'direct'

/** A client, or something that keeps data alive like one. */
export class ClientRecord {
  /** Mirror of their `whoWants`. */
  readonly wants = new Wanted()
  /** Hashes of the code that it sent, and how often: kept until it releases it as often, or is not here any more. */
  readonly code = new Map<string, number>()
  /** Notes that it was given, so that each reason is said once. */
  readonly noted = new Set<string>()
  /** What it said while an earlier message of it was still being taken in. */
  readonly inbox: (FromClientMessage | Parts)[] = []
  /** A graph of which more is to come. */
  parts: Parts | undefined = undefined
  /** A message that takes more than one turn. */
  job: Job | undefined = undefined
  /** As how many messages that counts. */
  working = 0
  /** Messages that were taken in. */
  taken = 0
  /** Bytes that its tasks take which have not ended: `submissionBytes`, as far as it is not freed. */
  load = 0
  /** Milliseconds; when its wants are given up, if it was lost. */
  lostUntil: number | undefined = undefined

  /** What it said is not all taken in. */
  get isBusy(): boolean {
    return this.job !== undefined || this.inbox.length > 0
  }

  constructor(
    readonly id: ClientId,
    /** Nobody listens: nothing is sent to it. */
    readonly pseudo: boolean,
  ) {}
}
