/** One line per state (semantics.md §4.7): what is wrong with a task, or undefined. Then what holds for all together. */
import { InvariantError } from '../../errors.js'
import type { WorkerState } from './state.js'
import { dependentsOf, isWanted, type Task, type TaskState } from './task.js'

type Check = (task: Task, state: WorkerState) => string | undefined

const INVARIANTS: Record<TaskState, Check> = {
  released: () => 'released, but still known',
  waiting: (t) => (!t.work ? 'waiting without work' : t.waitingOn === 0 ? 'waiting for nothing' : idle(t)),
  ready: (t) => (!t.work ? 'ready without work' : t.waitingOn > 0 ? 'ready, but an input is not here' : idle(t)),
  constrained: (t) => (!t.work?.resources ? 'constrained without resources' : idle(t)),
  executing: (t) => (!t.work || !t.job ? 'executing nothing' : t.job.dead ? 'its run is dead' : undefined),
  'long-running': (t) => (!t.work || !t.job ? 'executing nothing' : t.job.occupies ? 'takes a place' : undefined),
  fetch: (t) => (!t.fetchEntry ? 'in no heap' : !t.whoHas?.size ? 'nobody to fetch it from' : wanted(t)),
  missing: (t, s) => (!s.missing.has(t) ? 'not among the missing' : t.whoHas?.size ? 'has holders' : wanted(t)),
  flight: (t) => (!t.gather ? 'in flight without a gather' : isWanted(t) ? undefined : 'in flight for nobody'),
  memory: (t) => (!t.stored ? 'in memory, but not stored' : t.work ? 'in memory, but to be computed' : undefined),
  error: (t) => (t.stored || t.work ? 'erred, but there is a value or work' : idle(t)),
  rescheduled: () => 'rescheduled, but still known',
  cancelled: (t) => (t.work ? 'cancelled, but to be computed' : busy(t)),
  resumed: (t) => (t.next === 'waiting' ? (t.work ? busy(t) : 'resumed without work') : (busy(t) ?? wanted(t, false))),
}

/** @throws InvariantError with the story of the first task that is not as it should be. */
export function assertValid(state: WorkerState): void {
  for (const task of state.tasks.values()) {
    const reason = INVARIANTS[task.state](task, state) ?? mirrorReason(state, task)
    if (reason !== undefined) throw new InvariantError(task.key, reason, state.story.of(task.key))
  }
  const reason = totalsReason(state)
  if (reason !== undefined) throw new InvariantError('worker', reason)
}

function idle(task: Task): string | undefined {
  return task.job || task.gather ? `${task.state}, but busy` : undefined
}

function busy(task: Task): string | undefined {
  if (task.job && task.gather) return 'computed and fetched at once'
  return task.job || task.gather ? undefined : `${task.state}, but nothing is under way`
}

function wanted(task: Task, mustBeIdle = true): string | undefined {
  if (!isWanted(task)) return `${task.state}, but nobody wants it`
  return mustBeIdle ? idle(task) : undefined
}

function mirrorReason(state: WorkerState, task: Task): string | undefined {
  if (task.state !== 'memory' && task.stored && !task.work) return 'stored, but neither in memory nor computed anew'
  if (task.stored && task.whoHas) return 'stored, but holders are remembered'
  if (task.job && !state.jobs.has(task.job)) return 'its run is not listed'
  for (const peer of task.whoHas ?? []) if (!peer.holds.has(task)) return `not among what ${peer.address} holds`
  for (const other of dependentsOf(task)) if (!other.work?.inputs?.includes(task)) return `no input of ${other.key}`
  return inputsReason(task)
}

function inputsReason(task: Task): string | undefined {
  let missing = 0
  for (const input of task.work?.inputs ?? []) {
    if (!dependentsOf(input).has(task)) return `${input.key} does not know it`
    if (!input.stored) missing++
  }
  return missing === task.waitingOn ? undefined : `waits for ${task.waitingOn} inputs, but ${missing} are not here`
}

function totalsReason(state: WorkerState): string | undefined {
  let occupied = 0
  for (const job of state.jobs) if (job.occupies) occupied++
  if (occupied !== state.occupied) return `${state.occupied} places are taken, but ${occupied} runs have one`
  const bytes = [...state.gathers.values()].reduce((sum, gather) => sum + gather.nbytes, 0)
  if (bytes !== state.incomingBytes) return `${state.incomingBytes} bytes in flight, but gathers have ${bytes}`
  for (const [name, free] of Object.entries(state.available)) if (free < 0) return `${name} is overdrawn`
  const known = Object.values(state.counts).reduce((sum, n) => sum + n, 0)
  return known === state.tasks.size ? undefined : `${known} tasks counted, ${state.tasks.size} known`
}
