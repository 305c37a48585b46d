import type { CenterRequests, Identity } from '../protocol/requests.js'
import type { Handlers } from '../rpc/server.js'
import { heartbeatIntervalMs } from './heartbeat-interval.js'
import type { Loop } from './loop.js'

/** What handlers ask of the node that they stand in. */
export interface Host {
  identity(): Identity
  /** Ends the node. */
  close(): Promise<void>
}

/** Where is what, and who is there: the requests that a Center answers, and a Scheduler too. */
export function centerRequests(loop: Loop, host: Host): Handlers<CenterRequests, 'register-worker'> {
  const { core } = loop
  return {
    identity: () => host.identity(),
    ping: () => ({ status: 'OK' }),
    heartbeat_worker({ address, metrics, executing }) {
      const heartbeat = heartbeatIntervalMs(core.workerCount)
      if (!core.hasWorker(address)) return { status: 'missing', heartbeat }
      loop.push({ type: 'worker-heartbeat', worker: address, metrics, executing })
      return { status: 'OK', heartbeat }
    },
    unregister({ address, reason = 'it unregistered' }) {
      loop.workers.left(address, reason)
      return { status: 'OK' }
    },
    who_has: ({ keys }) => ({ status: 'OK', who_has: core.whoHas(keys) }),
    has_what: ({ keys }) => ({ status: 'OK', has_what: core.hasWhat(keys) }),
    ncores: ({ keys }) => ({ status: 'OK', ncores: core.ncores(keys) }),
    workers: () => ({ status: 'OK', workers: core.workers() }),
    async add_keys({ who, client, replaces }, { signal }) {
      const more = { ...(client === undefined ? {} : { client }), ...(replaces === undefined ? {} : { replaces }) }
      for (const [worker, keys] of who) loop.push({ type: 'keys-added', worker, keys, ...more })
      await loop.settled(signal)
      return { status: 'OK' }
    },
    async remove_keys({ address, keys }, { signal }) {
      const message = { op: 'release-worker-data' as const, keys, stimulus_id: 'remove_keys' }
      if (core.hasWorker(address)) loop.push({ type: 'worker-message', worker: address, message })
      await loop.settled(signal)
      return { status: 'OK' }
    },
    async delete_data({ keys }, { signal }) {
      loop.push({ type: 'keys-deleted', keys })
      await loop.settled(signal)
      return { status: 'OK' }
    },
    terminate(_, context) {
      context.onWritten(() => void host.close())
      return { status: 'OK' }
    },
  }
}
