import type { State } from '../state.js'
import type { Task, TaskState } from '../task.js'

/** At most one recommendation per task; a later one replaces it. Carried out by the engine, the last of all first. */
export function recommend(s: State, task: Task, finish: TaskState): void {
  if (task.pending === undefined) s.recommended.push(task)
  task.pending = finish
}
