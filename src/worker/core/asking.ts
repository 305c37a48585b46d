/** Asking who has the keys for which no holder is known: at once, then each second. */
import type { Key } from '../../protocol/names.js'
import { failMissing } from './direct.js'
import type { WorkerState } from './state.js'
import { dependentsOf, isDirectOnly, type Task } from './task.js'

/** Between two questions for one key. Also keeps stale answers from making a tight loop. */
export const ASK_AGAIN_MS = 1000
/** After so many vain answers a direct caller is told that the key is missing; the scheduler is asked for ever. */
const DIRECT_ASKS_MAX = 3

/** Asks for all keys that are due, in one message to the scheduler and one for direct callers. */
export function askAround(state: WorkerState): void {
  if (!state.askDue && state.now < state.askAgainAt) return
  state.askDue = false
  const due = dueTasks(state)
  const given = due.filter((task) => task.asks >= DIRECT_ASKS_MAX)
  failMissing(state, given)
  ask(
    state,
    due.filter((task) => task.state === 'missing'),
  )
  planNext(state)
}

function ask(state: WorkerState, due: readonly Task[]): void {
  const ofScheduler: Key[] = []
  const ofDirect: Key[] = []
  for (const task of due) {
    const byScheduler = isWantedByScheduler(task)
    // Asked for when the scheduler is back.
    if (byScheduler && !state.connected) continue
    task.askedAt = state.now
    task.asks++
    const keys = byScheduler ? ofScheduler : ofDirect
    keys.push(task.key)
  }
  if (ofScheduler.length > 0)
    state.send({ op: 'request-refresh-who-has', keys: ofScheduler, stimulus_id: state.stimulus })
  if (ofDirect.length > 0) state.out.push({ do: 'ask-who-has', keys: ofDirect })
}

function dueTasks(state: WorkerState): Task[] {
  const due: Task[] = []
  for (const task of state.missing) if (state.now >= dueAt(task)) due.push(task)
  return due
}

/** One tick for the earliest of all. */
function planNext(state: WorkerState): void {
  let next = Number.POSITIVE_INFINITY
  for (const task of state.missing) next = Math.min(next, dueAt(task))
  if (!Number.isFinite(next)) next = Number.POSITIVE_INFINITY
  const isPlanned = next >= state.askAgainAt && state.askAgainAt > state.now
  if (isPlanned) return
  state.askAgainAt = next
  if (next !== Number.POSITIVE_INFINITY) state.out.push({ do: 'wake-at', time: next })
}

/** When to ask for it again. */
function dueAt({ askedAt }: Task): number {
  return askedAt === undefined ? Number.NEGATIVE_INFINITY : askedAt + ASK_AGAIN_MS
}

function isWantedByScheduler(task: Task): boolean {
  if (task.acquire) return true
  for (const { work } of dependentsOf(task)) if (work !== undefined && !isDirectOnly(work)) return true
  return false
}
