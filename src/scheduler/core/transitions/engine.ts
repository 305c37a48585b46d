/**
 * Carries out transitions. One may recommend others; the last recommended goes first, so whoever recommends several
 * names the most urgent last (semantics.md §4.2).
 */
import type { Encoded } from '../../../values/encoded.js'
import type { State } from '../state.js'
import { isNeeded, isUnneeded, TASK_STATES, type Task, type TaskState } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import { recommend } from './recommend.js'
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

/** Transitions that may follow when a task is looked at again, so that the event need not stay open for the last of them. */
export const LOOK_STEPS = 8

/** Until nothing is to be done any more for this event. False: there is more than goes into one turn. */
export function settle(s: State): boolean {
  for (;;) {
    if (s.chores.length > 0 && !doChores(s)) return false
    const task = s.recommended.pop()
    if (task !== undefined) {
      if (s.patience-- <= 0) return pause(s, task)
      const finish = take(task)
      if (finish !== undefined) transition(s, task, finish)
    } else if (s.later.length > s.laterBefore && s.patience-- > LOOK_STEPS) lookAgain(s, s.later.pop() as Task)
    else return true
  }
}

function doChores(s: State): boolean {
  for (let chore = s.chores[0]; chore !== undefined; chore = s.chores[0]) {
    if (chore.next().done !== true) return false
    s.chores.shift()
  }
  return true
}

function pause(s: State, task: Task): false {
  s.recommended.push(task)
  return false
}

/** Nobody may need it any more, or it could run: whatever holds now is what counts. */
function lookAgain(s: State, task: Task): void {
  if (isUnneeded(task)) transition(s, task, 'forgotten')
  else if (!isNeeded(task)) {
    if (task.state !== 'erred') transition(s, task, 'released')
  } else if (task.state === 'queued') s.queue.push(task)
  else if (task.state === 'no-worker' || (task.state === 'waiting' && task.waitingOn === 0))
    recommend(s, task, 'processing')
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
