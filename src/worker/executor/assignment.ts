/** Which thread gets a job, and when one that has nothing to do takes from another. */
import type { Job } from './executor.js'
import type { Pace } from './pace.js'
import { CELLS } from './posted-jobs.js'
import type { ThreadLink } from './thread-link.js'

/** Decoding speed that is assumed when affinity is weighed against a queue, bytes per millisecond. */
const DECODED_PER_MS = 100_000

export interface Crew {
  links: readonly ThreadLink[]
  readonly pace: Pace
  /** Tasks of one thread that may wait at the same time. */
  readonly waitingMax: number
}

/** How many jobs a thread may have been given at once. */
export function limitOf({ pace, waitingMax }: Crew, link: ThreadLink): number {
  const waiting = Math.min(link.waiting, link.posted.size, waitingMax - 1)
  return Math.min(CELLS, 1 + pace.ahead + waiting)
}

/** The thread that would be through with the job first; undefined when all have enough. */
export function chooseThread(crew: Crew, job: Job): ThreadLink | undefined {
  let best: ThreadLink | undefined
  let least = Number.POSITIVE_INFINITY
  for (const link of crew.links) {
    if (!hasPlace(crew, link, job)) continue
    const cost = (link.posted.size - link.waiting) * crew.pace.meanMs + link.missingBytes(job) / DECODED_PER_MS
    if (cost >= least) continue
    least = cost
    best = link
  }
  return best
}

function hasPlace(crew: Crew, link: ThreadLink, job: Job): boolean {
  if (link.ended || !link.hasRoom) return false
  if (job.effect === true || link.isExclusive) return link.posted.size === 0
  return link.posted.size < limitOf(crew, link)
}

/** Takes jobs that have not begun away from the thread with most of them, if another one has nothing to do. */
export function rebalance(crew: Crew, queued: number): Job[] {
  if (queued > 0 || !crew.links.some((link) => link.posted.size === 0 && !link.ended)) return []
  let fullest: ThreadLink | undefined
  for (const link of crew.links) if (link.posted.size > (fullest?.posted.size ?? 1)) fullest = link
  return fullest === undefined ? [] : takeHalf(fullest)
}

function takeHalf(link: ThreadLink): Job[] {
  const posted = link.posted.placed()
  const taken: Job[] = []
  const enough = Math.ceil((posted.length - 1) / 2)
  for (let i = posted.length - 1; i > 0 && taken.length < enough; i--) {
    const one = posted[i]!
    if (link.withdraw(one)) taken.push(one.job)
  }
  return taken.reverse()
}
