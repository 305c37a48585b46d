/** Runs in the executor: begun, asked back, ended. */
import type { Key } from '../../protocol/names.js'
import type { Instruction } from './events.js'
import type { WorkerState } from './state.js'
import type { Job, Task, Work } from './task.js'

type Execute = Extract<Instruction, { do: 'execute' }>

/** Hands the work over; it holds a place and its resources from here on. */
export function startJob(state: WorkerState, task: Task, work: Work): void {
  const job: Job = {
    task,
    runId: work.runId,
    work,
    since: state.now,
    occupies: true,
    dead: false,
    withdrawing: false,
    claimed: false,
    steals: [],
    ghostOf: undefined,
    place: -1,
  }
  task.job = job
  state.jobs.add(job)
  state.occupied++
  if (work.resources !== undefined) take(state.available, work.resources, 1)
  state.out.push(executeInstruction(task.key, work))
}

/** Its outcome is known, or it never began: place and resources are free again. */
export function endJob(state: WorkerState, job: Job): void {
  job.task.job = undefined
  state.jobs.delete(job)
  vacate(state, job)
  if (job.work.resources !== undefined) take(state.available, job.work.resources, -1)
  if (job.ghostOf !== undefined) state.send({ op: 'task-ended', key: job.task.key, run_id: job.ghostOf })
}

/** It goes on without a place. */
export function vacate(state: WorkerState, job: Job): void {
  if (job.occupies) state.occupied--
  job.occupies = false
}

/** Nobody wants its outcome: taken back if it has not begun, stopped otherwise. */
export function killJob(state: WorkerState, job: Job): void {
  if (job.dead) return
  job.dead = true
  if (job.claimed) abort(state, job)
  else withdraw(state, job)
}

/** Asks for it back, once. */
export function withdraw(state: WorkerState, job: Job): void {
  if (job.withdrawing || job.claimed) return
  job.withdrawing = true
  state.out.push({ do: 'withdraw', key: job.task.key, runId: job.runId })
}

/** The answer to `withdraw` was no. */
export function claim(state: WorkerState, job: Job): void {
  job.withdrawing = false
  if (job.claimed) return
  job.claimed = true
  if (job.dead) abort(state, job)
}

function abort(state: WorkerState, job: Job): void {
  state.out.push({ do: 'abort', key: job.task.key, runId: job.runId })
}

function take(available: Record<string, number>, wanted: Readonly<Record<string, number>>, sign: 1 | -1): void {
  for (const [name, amount] of Object.entries(wanted)) available[name] = (available[name] ?? 0) - sign * amount
}

/** Written out: a spread of what is mostly not there costs more than all the rest. */
function executeInstruction(key: Key, work: Work): Instruction {
  const { runId, attempt, function: ref, args, deps, inline, timeoutMs, effect, mutates, logs } = work
  const instruction: Execute = { do: 'execute', key, runId, attempt, function: ref, args, deps }
  if (inline !== undefined) instruction.inline = inline
  if (timeoutMs !== undefined) instruction.timeoutMs = timeoutMs
  if (effect) instruction.effect = effect
  if (mutates) instruction.mutates = mutates
  if (logs) instruction.logs = logs
  return instruction
}
