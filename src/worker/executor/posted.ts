import type { CellRef } from './cells.js'
import type { Job } from './executor.js'
import type { LiveInput } from './live-inputs.js'
import type { ThreadLink } from './thread-link.js'

/** A job that a thread has been given and that has not ended. */
export class Posted implements CellRef {
  /** It is to end: what it gives is no longer of interest. */
  ending: 'aborted' | 'timeout' | undefined = undefined
  timer: NodeJS.Timeout | undefined = undefined
  /** It has been said that it began. */
  told = false
  /** It left its cell, and began then. */
  aside: number | undefined = undefined

  constructor(
    readonly link: ThreadLink,
    readonly job: Job,
    readonly cell: number,
    readonly sequence: number,
    readonly inputs: readonly LiveInput[],
  ) {}
}
