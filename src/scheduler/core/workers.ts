/** Workers come, say how they are, pause and go on. How they go is in `losses.ts`. */
import type { WorkerStatus } from '../../protocol/messages.js'
import { holdAtStart } from './direct-data.js'
import type { Event } from './events.js'
import { loseWorker } from './losses.js'
import { log, wakeAt } from './outbox.js'
import { expectedMs } from './placement.js'
import { pursueAll } from './replicas.js'
import { countRunning, type State } from './state.js'
import { comparePriority, type Prefix } from './task.js'
import { WorkerRecord } from './worker-record.js'

/** A shorter run is no reason to doubt a known mean: it may have waited in the worker's executor. */
const DOUBT_FROM_MS = 100

export function onWorkerJoined(s: State, { worker: info }: Event & { type: 'worker-joined' }): void {
  const worker = new WorkerRecord(info, s.now)
  const namesake = s.names.get(worker.name)
  if (namesake !== undefined && namesake.address !== worker.address) return refuse(s, worker, namesake)
  const earlier = s.workers.get(worker.address)
  if (earlier !== undefined) loseWorker(s, earlier, false, { reason: 'it registered again' })
  s.workers.set(worker.address, worker)
  s.names.set(worker.name, worker)
  countRunning(s)
  s.out.push({ do: 'worker-accepted', worker: worker.address })
  holdAtStart(s, worker)
  offerWork(s)
  pursueAll(s)
  if (s.settings.workerTtlMs > 0) wakeAt(s, s.now + s.settings.workerTtlMs)
}

function refuse(s: State, worker: WorkerRecord, namesake: WorkerRecord): void {
  const reason =
    `the name '${worker.name}' is taken by the worker at ${namesake.address}, which is alive. ` +
    'Choose another name, or none: the default is the address.'
  s.out.push({ do: 'worker-refused', worker: worker.address, reason })
}

/** Tasks for which there was nobody may have somebody now. */
export function offerWork(s: State): void {
  const tasks = [...s.noWorker.keys()].sort((a, b) => comparePriority(b, a))
  for (const task of tasks) s.later.push(task)
}

/** As the worker says, or as it was told. */
export function setStatus(s: State, worker: WorkerRecord, status: WorkerStatus): void {
  if (worker.status === status || worker.status === 'closed') return
  worker.status = status
  countRunning(s)
  if (worker.isRunning) offerWork(s)
}

export function onHeartbeat(s: State, event: Event & { type: 'worker-heartbeat' }): void {
  const worker = s.workers.get(event.worker)
  if (worker === undefined) return
  worker.lastSeen = s.now
  worker.metrics = event.metrics
  worker.executing = event.executing
  if (event.metrics.bandwidth > 0) s.bandwidth = (s.bandwidth + event.metrics.bandwidth) / 2
  for (const [key, ms] of event.executing) {
    const recipe = s.tasks.get(key)?.recipe
    if (recipe !== undefined) noteRunning(s, recipe.group.prefix, ms)
  }
}

/** It runs for much longer than others of its kind did: what was known of them is in doubt. */
function noteRunning(s: State, prefix: Prefix, ms: number): void {
  if (prefix.durationMs < 0) prefix.longestSeenMs = Math.max(prefix.longestSeenMs, ms)
  else if (ms > DOUBT_FROM_MS && ms > 2 * expectedMs(s, prefix)) {
    prefix.durationMs = -1
    prefix.longestSeenMs = ms
  }
}

/** Those that were silent for too long are taken for dead. Gives the time of the next look. */
export function expireWorkers(s: State): number {
  const ttl = s.settings.workerTtlMs
  if (ttl === 0) return Number.POSITIVE_INFINITY
  let next = Number.POSITIVE_INFINITY
  for (const worker of [...s.workers.values()]) {
    if (worker.lastSeen + ttl > s.now) {
      next = Math.min(next, worker.lastSeen + ttl)
      continue
    }
    const reason = `it was silent for ${Math.round((s.now - worker.lastSeen) / 1000)} s`
    log(s, 'warn', `${worker} is taken for dead: ${reason}`)
    s.out.push({ do: 'close-worker', worker: worker.address, reason })
    loseWorker(s, worker, false, { reason })
  }
  return next
}
