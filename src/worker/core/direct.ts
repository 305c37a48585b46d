/** Calls that come to this worker without the scheduler: compute this, fetch that (the seed page's compute, rpc gather). */
import type { Encoded } from '../../values/encoded.js'
import type { Event } from './events.js'
import { DIRECT_PRIORITY, setHolders } from './holders.js'
import { abandonWork } from './release.js'
import { answerCallers } from './reports.js'
import type { WorkerState } from './state.js'
import { dependentsOf, isDirectOnly, type Task } from './task.js'
import { begin, need, unneed } from './wants.js'
import { directWork } from './work.js'

type ComputeDirect = Extract<Event, { type: 'compute-direct' }>
type GatherDirect = Extract<Event, { type: 'gather-direct' }>

/** One compute per key: a call for a key that is computed already waits for that one. */
export function onComputeDirect(state: WorkerState, event: ComputeDirect): void {
  state.detail = event.request
  const task = state.task(event.key)
  if (task.work !== undefined) {
    task.work.requests = [...task.work.requests, event.request]
    return
  }
  if (event.deps.includes(event.key) && !task.stored) {
    state.settle(task)
    state.out.push({ do: 'reply', request: event.request, outcome: { status: 'missing', keys: [event.key] } })
    return
  }
  task.work = directWork(state, task, event)
  begin(state, task)
}

/** The keys are fetched and kept as copies; the reply says which nobody has. */
export function onGatherDirect(state: WorkerState, event: GatherDirect): void {
  state.detail = event.request
  const waiting = new Set<string>()
  state.gatherRequests.set(event.request, { waiting, missing: [] })
  for (const [key, holders] of event.whoHas) {
    const task = state.task(key)
    if (task.stored) continue
    waiting.add(key)
    task.gatherers ??= new Set()
    task.gatherers.add(event.request)
    if (holders.length > 0) setHolders(state, task, holders)
    need(state, task, DIRECT_PRIORITY)
  }
  state.settledRequests.push(event.request)
}

/** Replies to each gather-direct of which no key is outstanding. */
export function answerGathers(state: WorkerState): void {
  for (const request of state.settledRequests) {
    const known = state.gatherRequests.get(request)
    if (known === undefined || known.waiting.size > 0) continue
    state.gatherRequests.delete(request)
    state.out.push({ do: 'reply', request, outcome: { status: 'gathered', missing: known.missing } })
  }
  state.settledRequests = []
}

/** Nobody has these: direct callers are told so. Work of the scheduler goes on waiting. */
export function failMissing(state: WorkerState, tasks: readonly Task[]): void {
  for (const task of tasks) failGatherers(state, task)
  const victims = new Map<Task, string[]>()
  for (const task of tasks)
    for (const dependent of directDependents(task))
      victims.set(dependent, [...(victims.get(dependent) ?? []), task.key])
  for (const [victim, keys] of victims) {
    answerCallers(state, victim.work!, { status: 'missing', keys })
    abandonWork(state, victim)
  }
  for (const task of tasks) unneed(state, task)
}

/** The key failed here: direct calls that wait for it as an input fail with the same error. */
export function failDependents(state: WorkerState, task: Task, error: Encoded): void {
  failGatherers(state, task)
  for (const dependent of directDependents(task)) {
    answerCallers(state, dependent.work!, { status: 'error', error })
    abandonWork(state, dependent)
  }
}

function failGatherers(state: WorkerState, task: Task): void {
  for (const request of task.gatherers ?? []) {
    const known = state.gatherRequests.get(request)
    known?.waiting.delete(task.key)
    known?.missing.push(task.key)
    state.settledRequests.push(request)
  }
  task.gatherers = undefined
}

function directDependents(task: Task): Task[] {
  return [...dependentsOf(task)].filter(({ work }) => work !== undefined && isDirectOnly(work))
}
