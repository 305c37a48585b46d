/** Carries out a move along its row of the table, and tells it. */
import { InvariantError } from '../../../errors.js'
import type { WorkerState } from '../state.js'
import type { Task, TaskState } from '../task.js'
import { TRANSITIONS, type Transition } from './table.js'

type Rows = Partial<Record<TaskState, Partial<Record<TaskState, Transition>>>>

/** The table by its two halves: a move is too frequent to join strings for it. */
const ROWS: Rows = {}
for (const [move, transition] of Object.entries(TRANSITIONS)) {
  const [from, to] = move.split('→') as [TaskState, TaskState]
  const row = ROWS[from] ?? {}
  row[to] = transition
  ROWS[from] = row
}

/** @throws InvariantError if the table has no such row: a bug, told with the story of the key. */
export function moveTask(state: WorkerState, task: Task, to: TaskState): void {
  const from = task.state
  const transition = ROWS[from]?.[to]
  if (transition === undefined)
    throw new InvariantError(task.key, `no way from ${from} to ${to}`, state.story.of(task.key))
  state.story.tell(task.key, from, to, state.cause, state.detail, state.now)
  state.counts[from]--
  state.counts[to]++
  task.state = to
  transition(state, task)
}
