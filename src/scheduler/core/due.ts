/** What happens because time has passed. */
import { expireClients } from './clients.js'
import { FULL_PATIENCE_MS, failHopeless } from './hopeless.js'
import { noteUnrunnable } from './notes.js'
import { wakeAt } from './outbox.js'
import { reduceReplicas } from './replicas.js'
import { retryDelayed } from './retrying.js'
import type { State } from './state.js'
import { nextLook, stealAtTimes } from './stealing.js'
import { expireWorkers } from './workers.js'

/** Each does what is due and says when it wants to look again. */
const DUE: ((s: State) => number)[] = [
  retryDelayed,
  expireClients,
  expireWorkers,
  noteUnrunnable,
  failHopeless,
  stealAtTimes,
  reduceReplicas,
]

export function onTick(s: State): void {
  if (s.wakeAt !== undefined && s.wakeAt <= s.now) s.wakeAt = undefined
  let next = Number.POSITIVE_INFINITY
  for (const look of DUE) next = Math.min(next, look(s))
  if (next < Number.POSITIVE_INFINITY) wakeAt(s, next)
}

/** After each event: looks that nobody has asked for yet. */
export function planLooks(s: State): void {
  const { reduceIntervalMs, unrunnableNoteMs } = s.settings
  const steal = nextLook(s)
  if (steal < Number.POSITIVE_INFINITY) wakeAt(s, steal)
  if (reduceIntervalMs > 0 && s.replicated.size > 0) {
    if (s.reduceAt <= s.now) s.reduceAt = s.now + reduceIntervalMs
    wakeAt(s, s.reduceAt)
  }
  if (s.full.size > 0 && s.noWorker.size + s.counts.queued > 0) wakeAt(s, s.now + FULL_PATIENCE_MS)
  if (s.noWorker.size > 0 || (s.isStuck && s.counts.queued > 0)) wakeAt(s, s.now + unrunnableNoteMs)
}
