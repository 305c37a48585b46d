/** What the scheduler or center is told about values. */
import type { Key } from '../../protocol/names.js'
import type { DirectOutcome } from './events.js'
import type { WorkerState } from './state.js'
import { isDirectOnly, type Result, type Task, type Work } from './task.js'

/** The value of `runId` is here, however it came. */
export function sendFinished(state: WorkerState, task: Task, runId: number): void {
  const { key } = task
  const { typename, thread, start, stop, inline } = resultOf(state, task)
  const nbytes = sizeOf(task)
  // Written out twice: this is said once per task, and a spread costs more than all the rest.
  if (inline === undefined)
    state.send({ op: 'task-finished', key, run_id: runId, nbytes, typename, thread, start, stop })
  else state.send({ op: 'task-finished', key, run_id: runId, nbytes, typename, thread, start, stop, inline })
}

/** The work is done, by whatever means: everybody who asked for it is told. */
export function answerWork(state: WorkerState, task: Task, work: Work): void {
  if (isDirectOnly(work)) reportReplaced(state, new Map([[task.key, sizeOf(task)]]))
  else sendFinished(state, task, work.runId)
  if (work.requests.length === 0) return
  const { typename, thread, start, stop } = resultOf(state, task)
  answerCallers(state, work, { status: 'OK', nbytes: sizeOf(task), typename, thread, start, stop })
}

export function answerCallers(state: WorkerState, work: Work, outcome: DirectOutcome): void {
  for (const request of work.requests) state.out.push({ do: 'reply', request, outcome })
}

/** Copies of what others hold too, or what the scheduler believed to be gone. */
export function reportStored(state: WorkerState, tasks: readonly Task[]): void {
  if (tasks.length === 0) return
  if (!state.connected) for (const task of tasks) state.unreported.add(task.key)
  const keys = tasks.map((task) => task.key)
  state.send({ op: 'add-keys', keys, nbytes: tasks.map(sizeOf), stimulus_id: state.stimulus })
}

/** New values, made or put by somebody directly: copies elsewhere are void. */
export function reportReplaced(state: WorkerState, sizes: ReadonlyMap<Key, number>, hashes?: Map<Key, string>): void {
  if (sizes.size === 0) return
  const keys = [...sizes.keys()]
  if (!state.connected) for (const key of keys) state.unreported.add(key)
  else noteReport(state, keys)
  const message = { op: 'add-keys' as const, keys, nbytes: [...sizes.values()], replaces: true as const }
  if (hashes === undefined) state.send({ ...message, stimulus_id: state.stimulus })
  else state.send({ ...message, hashes: keys.map((key) => hashes.get(key) ?? ''), stimulus_id: state.stimulus })
}

function noteReport(state: WorkerState, keys: readonly Key[]): void {
  state.reports++
  for (const key of keys) state.reported.set(key, state.reports)
}

export function sizeOf(task: Task): number {
  return Math.max(0, task.nbytes)
}

/** A value that was fetched or put has no timings: the shortest that is legal stands for them. */
function resultOf(state: WorkerState, task: Task): Result {
  return task.result ?? { typename: '', thread: 0, start: state.now, stop: state.now + 0.001 }
}
