/** Workers that do not reach each other, though the scheduler reaches both. */
import { listOf } from '../../util/few.js'
import type { Event } from './events.js'
import { log } from './outbox.js'
import type { State } from './state.js'
import type { Task } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** So long after the last time it is taken to be so. */
const LASTS_MS = 60_000

export function onRelayed(s: State, event: Event & { type: 'relayed' }): void {
  const worker = s.workers.get(event.worker)
  if (worker === undefined) return
  const text = `${worker} cannot reach ${s.workers.get(event.holder) ?? event.holder}: what it needs from there goes through the scheduler`
  if (!isCutOff(s, worker, event.holder)) log(s, 'warn', text)
  worker.cutOff.set(event.holder, s.now)
}

/** One of these inputs that only others have whom the worker cannot reach, and one of those. */
export function inputBeyondReach(s: State, worker: WorkerRecord, inputs: readonly Task[]) {
  if (worker.cutOff.size === 0) return undefined
  for (const input of inputs) {
    const [holder, ...others] = listOf(input.whoHas)
    if (holder !== undefined && [holder, ...others].every(({ address }) => isCutOff(s, worker, address)))
      return { input, holder }
  }
  return undefined
}

function isCutOff(s: State, worker: WorkerRecord, address: string): boolean {
  return (worker.cutOff.get(address) ?? Number.NEGATIVE_INFINITY) + LASTS_MS > s.now
}
