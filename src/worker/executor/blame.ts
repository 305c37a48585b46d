import type { Posted } from './posted.js'
import type { Death } from './thread-events.js'
import type { ThreadLink } from './thread-link.js'

/**
 * Which tasks a thread's death is put down to: the one that is known to have done it, else all that run
 * and do not wait for others.
 */
export function blamedFor(link: ThreadLink, death: Death): Posted[] {
  if (death.id !== undefined) {
    const known = link.posted.find(death.id)
    return known === undefined ? [] : [known]
  }
  const running = link.posted.placed().filter((posted) => link.posted.isClaimed(posted))
  return running.length > 0 ? running : link.posted.all().filter((posted) => link.posted.isClaimed(posted))
}
