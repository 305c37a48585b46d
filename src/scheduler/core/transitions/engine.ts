/**
 * Carries out transitions. One may recommend others; the last recommended goes first, so whoever recommends several
 * names the most urgent last (semantics.md §4.2).
 */
import type { Encoded } from '../../../values/encoded.js'
import type { State } from '../state.js'
import { TASK_STATES, type Task, type TaskState } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import { TRANSITIONS } from './table.js'

/** What a transition has to be told beyond its task. */
export interface Details {
  readonly worker?: WorkerRecord
  readonly nbytes?: number
  readonly typename?: string
  readonly inline?: Encoded | undefined
  readonly error?: Encoded
  /**
   * What the worker of a `processing` task knows: nothing yet (default: it is told, and counts as busy until it has
   * stopped), that the attempt ended, or that it no longer has the task.
   */
  readonly attempt?: 'running' | 'ended' | 'withdrawn'
}

export type Transition = (s: State, task: Task, details: Details) => void
export type Edge = `${TaskState}→${TaskState}`
export type Table = Partial<Record<Edge, Transition>>

const NOTHING: Details = {}

/** The same table by start and finish: no text is built on the hot path. */
let edges: Record<TaskState, Partial<Record<TaskState, Transition>>> | undefined

function edgesOf(table: Table): Record<TaskState, Partial<Record<TaskState, Transition>>> {
  const row = (start: TaskState) =>
    Object.fromEntries(TASK_STATES.map((finish) => [finish, table[`${start}→${finish}`]]))
  return Object.fromEntries(TASK_STATES.map((start) => [start, row(start)])) as NonNullable<typeof edges>
}

/** Until nothing is recommended any more. */
export function settle(s: State): void {
  for (;;) {
    const task = s.recommended.pop()
    if (task === undefined) return
    const finish = take(task)
    if (finish !== undefined) transition(s, task, finish)
  }
}

function take(task: Task): TaskState | undefined {
  const finish = task.pending
  task.pending = undefined
  return finish
}

/** Moves one task, through `released` if there is no direct way; that step's own recommendation then wins. */
export function transition(s: State, task: Task, finish: TaskState, details: Details = NOTHING): void {
  const start = task.state
  if (start === finish || start === 'forgotten') return
  if (task.blame !== undefined && start !== 'erred' && finish !== 'erred') acquit(task)
  edges ??= edgesOf(TRANSITIONS)
  const direct = edges[start][finish]
  if (direct !== undefined) return step(s, task, direct, details)
  const release = edges[start].released
  if (release === undefined) throw new Error(`no way from ${start} to ${finish} for ${task.key}`)
  step(s, task, release, details)
  const then = take(task) ?? finish
  const onward = edges.released[then]
  if (onward !== undefined) step(s, task, onward, details)
}

/** It was about to fail, but something else was recommended since. */
function acquit(task: Task): void {
  task.blame = undefined
  task.error = undefined
}

function step(s: State, task: Task, edge: Transition, details: Details): void {
  const start = task.state
  edge(s, task, details)
  if (task.state !== start) s.story.add(task.key, start, task.state, s.cause)
  if (s.settings.validate) s.touched.add(task)
}
