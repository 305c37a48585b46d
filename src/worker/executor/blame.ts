import type { Death, Posted, ThreadLink } from './thread-link.js'

/** Which tasks a thread's death is put down to: the one that is known to have done it, else all that had begun. */
export function blamedFor(link: ThreadLink, death: Death): Posted[] {
  const known = death.id === undefined ? undefined : link.posted.get(death.id)
  if (known !== undefined) return [known]
  return [...link.posted.values()].filter((posted) => link.isClaimed(posted))
}
