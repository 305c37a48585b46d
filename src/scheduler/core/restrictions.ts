/** Where a task may run (semantics.md §4.6.1). */
import type { TaskOptions } from '../../protocol/messages.js'
import type { State } from './state.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

export function isRestricted(options: TaskOptions): boolean {
  return (options.workers?.length ?? 0) > 0 || Object.keys(options.resources ?? {}).length > 0
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

/** Running workers that may run the task. `allow_other_workers` opens the list of workers, never the resources. */
export function validWorkers(s: State, task: Task): readonly WorkerRecord[] {
  const { running } = s
  const group = task.recipe?.group
  if (group === undefined || !group.restricted) return running
  const able = running.filter((w) => hasResources(w, group.options))
  const named = able.filter((w) => isNamed(w, group.options))
  return named.length === 0 && group.options.allow_other_workers ? able : named
}
