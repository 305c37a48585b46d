/** What the executor answers: how a run ended, whether it could be taken back, that it gave up its place. */
import { failDependents } from './direct.js'
import type { Event, ExecuteOutcome } from './events.js'
import { claim, endJob, vacate } from './jobs.js'
import { abandonWork, afterBusy } from './release.js'
import { answerCallers, answerWork } from './reports.js'
import type { WorkerState } from './state.js'
import { answerSteal, respondSteal } from './stealing.js'
import { isDirectOnly, type Job, type Task } from './task.js'
import { directRunId } from './work.js'

/** The run has ended, wanted or not. */
export function onExecuted(state: WorkerState, event: Extract<Event, { type: 'executed' }>): void {
  state.detail = event.runId
  const job = jobOf(state, event.key, event.runId)
  if (job === undefined) {
    state.log('debug', `outcome of run ${event.runId}, which is not known`, event.key)
    return
  }
  const { task, steals } = job
  endJob(state, job)
  if (job.dead) endDeadRun(state, task, event.outcome)
  else endRun(state, task, event.outcome)
  for (const stimulus of steals) answerSteal(state, task, stimulus)
}

/** The run was taken back before it began, or it could not be. */
export function onWithdrawn(state: WorkerState, event: Extract<Event, { type: 'withdrawn' }>): void {
  state.detail = event.runId
  const job = jobOf(state, event.key, event.runId)
  if (job === undefined) return
  const { task, steals } = job
  if (!event.ok) {
    job.steals = []
    for (const stimulus of steals) respondSteal(state, task.key, 'executing', stimulus)
    claim(state, job)
    return
  }
  endJob(state, job)
  if (job.dead) {
    afterBusy(state, task)
    return
  }
  state.overtakeDue = true
  state.move(task, 'waiting')
  for (const stimulus of steals) answerSteal(state, task, stimulus)
}

/** It goes on, but its place is free. */
export function onSeceded(state: WorkerState, event: Extract<Event, { type: 'seceded' }>): void {
  state.detail = event.runId
  const job = jobOf(state, event.key, event.runId)
  if (job === undefined) return
  job.claimed = true
  const { task } = job
  if (job.dead || task.state !== 'executing') {
    vacate(state, job)
    return
  }
  state.move(task, 'long-running')
  const { runId } = task.work!
  if (runId >= 0) state.send({ op: 'long-running', key: task.key, run_id: runId, compute_duration: event.durationMs })
}

function jobOf(state: WorkerState, key: string, runId: number): Job | undefined {
  const job = state.tasks.get(key)?.job
  return job?.runId === runId ? job : undefined
}

function endRun(state: WorkerState, task: Task, outcome: ExecuteOutcome): void {
  switch (outcome.status) {
    case 'ok':
      succeed(state, task, outcome)
      return
    case 'error':
      fail(state, task, outcome)
      return
    case 'reschedule':
      reschedule(state, task)
      return
    case 'aborted':
    case 'displaced':
      state.move(task, 'waiting')
      return
  }
}

function succeed(state: WorkerState, task: Task, outcome: Extract<ExecuteOutcome, { status: 'ok' }>): void {
  const work = task.work!
  task.nbytes = outcome.nbytes
  task.result = outcome
  state.move(task, 'memory')
  answerWork(state, task, work)
}

function fail(state: WorkerState, task: Task, outcome: Extract<ExecuteOutcome, { status: 'error' }>): void {
  const { kind, error, thread, start, stop } = outcome
  const work = task.work!
  answerCallers(state, work, { status: 'error', error })
  if (isDirectOnly(work)) {
    failDependents(state, task, error)
    abandonWork(state, task)
    return
  }
  state.send({ op: 'task-erred', key: task.key, run_id: work.runId, error, thread, start, stop, kind })
  state.move(task, task.stored ? 'memory' : 'error')
  failDependents(state, task, error)
}

/** The scheduler looks for another place; who called directly meant this one. */
function reschedule(state: WorkerState, task: Task): void {
  const work = task.work!
  if (!isDirectOnly(work)) state.send({ op: 'reschedule', key: task.key, run_id: work.runId })
  if (work.requests.length > 0) {
    if (!isDirectOnly(work)) work.runId = directRunId(state)
    state.move(task, 'waiting')
    return
  }
  state.move(task, 'rescheduled')
  state.move(task, 'released')
  state.settle(task)
}

/** Its value, if it gave one, was stored for nothing; what was put in its place stays. */
function endDeadRun(state: WorkerState, task: Task, outcome: ExecuteOutcome): void {
  if (outcome.status === 'ok' && !task.stored) state.drops.push(task.key)
  afterBusy(state, task)
}
