/** What happens because time has passed. */
import { expireClients } from './clients.js'
import { wakeAt } from './outbox.js'
import { retryDelayed } from './retrying.js'
import type { State } from './state.js'
import { expireWorkers } from './workers.js'

/** Each does what is due and says when it wants to look again. */
const DUE: ((s: State) => number)[] = [retryDelayed, expireClients, expireWorkers]

export function onTick(s: State): void {
  if (s.wakeAt !== undefined && s.wakeAt <= s.now) s.wakeAt = undefined
  let next = Number.POSITIVE_INFINITY
  for (const look of DUE) next = Math.min(next, look(s))
  if (next < Number.POSITIVE_INFINITY) wakeAt(s, next)
}
