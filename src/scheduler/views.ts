/** What a core knows, as the read-only Maps that a node shows. */
import type { Address, Key } from '../protocol/names.js'
import type { SchedulerCore } from './core/core.js'
import type { WorkerView } from './core/views.js'
import { LiveMap } from './live-map.js'

/** Holders by key; keys that nobody has are absent. */
export function whoHasMap(core: SchedulerCore): LiveMap<Key, ReadonlySet<Address>> {
  const get = (key: Key) => {
    const holders = core.whoHas([key]).get(key) ?? []
    return holders.length === 0 ? undefined : new Set(holders)
  }
  return new LiveMap(get, () => core.whoHas().keys())
}

/** Keys by the worker that holds them; a worker that holds none has an empty set. */
export function hasWhatMap(core: SchedulerCore): LiveMap<Address, ReadonlySet<Key>> {
  return ofWorkers(core, (address) => new Set(core.hasWhat([address]).get(address)))
}

/** Threads by worker. */
export function ncoresMap(core: SchedulerCore): LiveMap<Address, number> {
  return ofWorkers(core, (address) => core.worker(address)?.nthreads)
}

/** All that is known of each worker. */
export function workerInfoMap(core: SchedulerCore): LiveMap<Address, WorkerView> {
  return ofWorkers(core, (address) => core.worker(address))
}

function ofWorkers<V>(core: SchedulerCore, show: (address: Address) => V | undefined): LiveMap<Address, V> {
  return new LiveMap(
    (address) => (core.hasWorker(address) ? show(address) : undefined),
    () => core.ncores().keys(),
  )
}
