/** What a worker of ours asks of its Dask scheduler, in their words. */
import type { WorkerMetrics } from '../../protocol/messages.js'
import type { Address } from '../../protocol/names.js'
import type { Asked, Request } from '../client/requests.js'
import { keyOf } from '../keys.js'
import { fieldsOf } from '../wire/plain.js'
import { clockOffset, homeOf } from './home.js'
import { daskMetrics } from './metrics.js'

/** By the names of our own requests. */
export const WORKER_REQUESTS: Readonly<Record<string, Request>> = {
  heartbeat_worker: async ({ address, metrics, executing }, asked) => {
    const sent = Date.now()
    const reply = await heartbeat(asked, {
      address,
      now: sent / 1000,
      metrics: daskMetrics(metrics as WorkerMetrics),
      executing: secondsOf(executing as ReadonlyMap<string, number>),
      extensions: {},
    })
    const home = homeOf(address as Address)
    if (home !== undefined) home.clockOffsetMs = clockOffset(reply.get('time'), sent)
    return { status: reply.get('status'), heartbeat: intervalIn(reply.get('heartbeat-interval')) }
  },
  unregister: async ({ address }, asked) => {
    await asked('unregister', { address, stimulus_id: `worker-leaves-${Date.now()}` })
    return { status: 'OK' }
  },
}

/** Milliseconds; a scheduler that has forgotten the worker names none. */
export function intervalIn(seconds: unknown): number {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 1000
}

async function heartbeat(asked: Asked, fields: object) {
  return fieldsOf(await asked('heartbeat_worker', fields), 'an answer to heartbeat_worker')
}

function secondsOf(ages: ReadonlyMap<string, number>): Map<unknown, number> {
  return new Map([...ages].map(([key, ms]) => [keyOf(key), ms / 1000]))
}
