/** The stream to the scheduler or center: lost, found again; and what the worker says about itself. */
import type { Event } from './events.js'
import { reportStored } from './reports.js'
import { freeKeys } from './scheduler-messages.js'
import type { WorkerState } from './state.js'
import { sayStatus } from './status.js'
import { isDirectOnly, type Task } from './task.js'
import { unneed } from './wants.js'

/** Nobody asks for the scheduled work any more; values stay, direct calls go on. */
export function onSchedulerLeft(state: WorkerState): void {
  state.connected = false
  state.reports = 0
  state.reported.clear()
  state.pausedByScheduler = false
  state.closingGracefully = false
  for (const job of state.jobs) job.ghostOf = undefined
  const orphans = [...state.tasks.values()].filter(isScheduled)
  freeKeys(
    state,
    orphans.map((task) => task.key),
  )
  for (const task of [...state.tasks.values()].filter((t) => t.acquire)) {
    task.acquire = false
    unneed(state, task)
  }
}

/** What came here meanwhile is reported; the shell's registration named the rest. */
export function onSchedulerJoined(state: WorkerState): void {
  state.connected = true
  const tasks = [...state.unreported].map((key) => state.tasks.get(key)).filter((task) => task?.stored)
  state.unreported.clear()
  reportStored(state, tasks as Task[])
  for (const task of state.missing) task.askedAt = undefined
  state.askDue = true
  if (state.paused) sayStatus(state)
}

/** Memory is short, or no more. */
export function onPause(state: WorkerState, event: Extract<Event, { type: 'paused' | 'resumed' }>): void {
  const paused = event.type === 'paused'
  if (state.pausedByMemory === paused) return
  state.pausedByMemory = paused
  state.full = undefined
  sayStatus(state)
}

function isScheduled(task: Task): boolean {
  return task.state === 'error' || (task.work !== undefined && !isDirectOnly(task.work))
}
