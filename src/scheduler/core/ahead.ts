/**
 * A task whose inputs are being made on one worker is sent there before they are done, if they are short: else a chain
 * of short tasks would cost a round trip each. It is taken back if an input goes another way.
 */
import type { Few } from '../../util/few.js'
import { missingBytes } from './placement.js'
import { slotsAhead } from './queueing.js'
import type { State } from './state.js'
import type { Recipe, Task } from './task.js'
import { transition } from './transitions/engine.js'
import type { WorkerRecord } from './worker-record.js'

/** Bytes that may have to be fetched from elsewhere: with more, another worker may be the better place. */
const FETCH_MAX = 65_536

/** Looks at all that was given out in this event, and at what it leads to. */
export function sendAhead(s: State): void {
  for (let task = s.dispatched.pop(); task !== undefined; task = s.dispatched.pop()) {
    const worker = task.processingOn
    const follower = worker && followerOf(s, task)
    if (follower === undefined || worker === undefined || !mayFollow(s, follower, worker)) continue
    if (slotsAhead(s, worker, follower) > 0) transition(s, follower, 'processing', { worker })
    else worker.blocked.push(task)
  }
}

/** The one task that waits for it; with several, other places may be better for some. */
function followerOf(s: State, task: Task): Task | undefined {
  const waiter: Few<Task> = task.waiters
  if (waiter === undefined || waiter instanceof Set || waiter.state !== 'waiting') return undefined
  const duration = (task.recipe as Recipe).group.prefix.durationMs
  return duration >= 0 && duration <= s.settings.prefetchMs ? waiter : undefined
}

function mayFollow(s: State, task: Task, worker: WorkerRecord): boolean {
  if (!worker.isRunning || task.deaths !== undefined || (task.recipe as Recipe).group.restriction !== '') return false
  for (const input of task.dependencies)
    if (!input.hasValue && (input.processingOn !== worker || input.waiters !== task || s.steals.has(input)))
      return false
  return missingBytes(task, worker) - bytesComing(task) <= FETCH_MAX
}

/** Sizes that are remembered of an earlier run. */
function bytesComing(task: Task): number {
  let bytes = 0
  for (const input of task.dependencies) if (!input.hasValue) bytes += Math.max(0, input.nbytes)
  return bytes
}
