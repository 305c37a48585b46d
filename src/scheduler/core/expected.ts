import { holds, type State } from './state.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** It is wanted there, or is being made there: that must not be taken away. */
export function isExpectedOn(s: State, task: Task, worker: WorkerRecord): boolean {
  if (task.processingOn === worker || holds(worker, task)) return true
  if (s.goals.get(task)?.coming.has(worker) || s.moves.get(task)?.to === worker) return true
  const { waiters } = task
  if (!(waiters instanceof Set)) return waiters?.processingOn === worker
  for (const waiter of waiters) if (waiter.processingOn === worker) return true
  return false
}
