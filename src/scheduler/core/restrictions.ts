/** Where a task may run (semantics.md §4.6.1). */
import type { TaskOptions } from '../../protocol/messages.js'
import type { State } from './state.js'
import type { TaskGroup } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** Where a task with these options may run, as text; empty: anywhere. */
export function restrictionOf({ workers = [], allow_other_workers, resources = {} }: TaskOptions): string {
  const amounts = Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1))
  if (workers.length === 0 && amounts.length === 0) return ''
  return JSON.stringify([[...workers].sort(), workers.length > 0 && allow_other_workers === true, amounts])
}

/** `wanted` is an address with or without its scheme, a worker's name, or a host. */
export function isMeant(worker: WorkerRecord, wanted: string): boolean {
  return (
    wanted === worker.address ||
    wanted === worker.name ||
    wanted === worker.info.host ||
    `tcp://${wanted}` === worker.address
  )
}

export function isNamed(worker: WorkerRecord, options: TaskOptions): boolean {
  const wanted = options.workers
  return wanted === undefined || wanted.length === 0 || wanted.some((w) => isMeant(worker, w))
}

/** Whether its whole supply would do; what is in use at the moment is the worker's affair. */
export function hasResources(worker: WorkerRecord, options: TaskOptions): boolean {
  for (const [name, amount] of Object.entries(options.resources ?? {}))
    if ((worker.info.resources[name] ?? 0) < amount) return false
  return true
}

/** Whether such tasks could ever run there, whatever the worker does now and whoever else is there. */
export function couldRun(worker: WorkerRecord, group: TaskGroup | undefined): boolean {
  if (group === undefined || group.restriction === '') return true
  const { options } = group
  return hasResources(worker, options) && (options.allow_other_workers === true || isNamed(worker, options))
}

/** Running workers that may run such tasks. `allow_other_workers` opens the list of workers, never the resources. */
export function validWorkers(s: State, group: TaskGroup | undefined): readonly WorkerRecord[] {
  const { running } = s
  if (group === undefined || group.restriction === '') return running
  const able = running.filter((w) => hasResources(w, group.options))
  const named = able.filter((w) => isNamed(w, group.options))
  return named.length === 0 && group.options.allow_other_workers ? able : named
}
