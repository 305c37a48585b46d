/** Threads that were told to end and do not: `terminate()` cannot interrupt native code. */
import type { ThreadLink } from './thread-link.js'

/** A thread that is still there so long after its end is stuck. */
const STUCK_MS = 10_000
/** How long `close` waits. */
const PATIENCE_MS = 1000

/** Calls `then` if the thread is still there long after it was told to end. */
export function whenStuck(link: ThreadLink, then: () => void): void {
  const timer = setTimeout(then, STUCK_MS)
  timer.unref()
  void link.gone.then(() => clearTimeout(timer))
}

/** Resolves when the thread is gone, or it is no use waiting. */
export async function goneOrGivenUp(link: ThreadLink): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  await Promise.race([link.gone, patience])
  clearTimeout(timer)
}
