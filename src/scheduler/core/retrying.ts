/** Failed tasks that are tried again: by themselves after a delay, or because a client asks. */
import type { State } from './state.js'
import type { Task } from './task.js'
import { recommend } from './transitions/recommend.js'

/** With a clean slate. If it failed because of an input, that is what is tried again; the rest follows. */
export function retryTask(s: State, task: Task): void {
  const root = task.blame ?? task
  root.retried = 0
  root.deaths = undefined
  root.outgrewMemory = false
  recommend(s, root.state === 'erred' ? root : task, 'waiting')
}

/** Milliseconds to wait before the next try: doubled each time. */
export function retryDelay(task: Task): number {
  const delay = task.recipe?.group.options.retry_delay ?? 0
  return delay * 2 ** (task.retried - 1)
}

/** Those whose delay is over. Gives the time of the next look. */
export function retryDelayed(s: State): number {
  let next = Number.POSITIVE_INFINITY
  for (const [task, time] of s.delayed) {
    if (time > s.now) {
      next = Math.min(next, time)
      continue
    }
    s.delayed.delete(task)
    if (task.whoWants !== undefined || task.waiters !== undefined) recommend(s, task, 'waiting')
  }
  return next
}
