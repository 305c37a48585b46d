import { listOf } from '../../../util/few.js'
import { toWanters } from '../outbox.js'
import { type State, setState } from '../state.js'
import type { Task } from '../task.js'
import { recommend } from './recommend.js'

/** Tried again. What failed because of it is tried again too. */
export function erredToReleased(s: State, task: Task): void {
  task.error = undefined
  task.blame = undefined
  setState(s, task, 'released')
  toWanters(s, task, { op: 'task-retried', key: task.key })
  for (const dependent of listOf(task.dependents)) if (dependent.state === 'erred') recommend(s, dependent, 'waiting')
}
