import { KeyConflictError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import type { Handlers } from '../rpc/server.js'
import { centerRequests, type Host } from './center-requests.js'
import type { CodeStore } from './code-store.js'
import type { Loop } from './loop.js'
import { restartCluster } from './restart.js'

/** All requests that a Scheduler answers. */
export function schedulerRequests(
  loop: Loop,
  host: Host,
): Handlers<SchedulerRequests, 'register-worker' | 'register-client' | 'relay'> {
  const { core } = loop
  const common = centerRequests(loop, host)
  return {
    ...common,
    async add_keys(ask, context) {
      const reply = await common.add_keys(ask, context)
      refuseComputed(loop, ask.who)
      return reply
    },
    get_code: ({ hash, who }) => ({ status: 'OK', ...codeFor(loop, hash, who) }),
    story: ({ key }) => ({ status: 'OK', story: core.story(key) }),
    explain: ({ key }) => ({ status: 'OK', explanation: core.explain(key) ?? unknown(key) }),
    get_recipe: ({ key }) => ({ status: 'OK', recipe: core.recipe(key) ?? null }),
    progress: ({ client }) => ({ status: 'OK', ...core.progress(client) }),
    async replicate({ keys, n, workers }, { signal }) {
      loop.push({ type: 'replicate', keys, n, ...(workers === undefined ? {} : { workers }) })
      await loop.settled(signal, () => keys.every((key) => isReplicated(loop, key, n, workers)))
      return { status: 'OK' }
    },
    async rebalance({ keys }, { signal }) {
      loop.push({ type: 'rebalance', ...(keys === undefined ? {} : { keys }) })
      await loop.settled(signal, () => core.moving === 0)
      return { status: 'OK' }
    },
    async retire_workers({ workers }, { signal }) {
      const asked = [...core.ncores(workers).keys()]
      loop.push({ type: 'retire-workers', workers })
      // One that cannot hand over what only it holds goes on.
      const isGoing = (address: Address) => /^closing/.test(core.worker(address)?.status ?? '')
      await loop.settled(signal, () => !asked.some(isGoing))
      return { status: 'OK', workers: asked.filter((address) => !core.hasWorker(address)) }
    },
    restart: ({ timeout = 0 }, { signal }) => restartCluster(loop, timeout, signal),
  }
}

/** Clients believe that code which they sent is here, until they are told that it is nowhere. */
function codeFor(loop: Loop, hash: string, who: Address | undefined): ReturnType<CodeStore['get']> {
  const found = loop.code.get(hash, who)
  if (found.artefact === null && (found.workers ?? []).length === 0)
    for (const link of loop.clients.all()) link.send({ op: 'code-lost', hash })
  return found
}

/** As many copies as there can be; a key whose value is gone meanwhile is waited for no longer. */
function isReplicated({ core }: Loop, key: Key, n: number, workers: string[] | undefined): boolean {
  if (core.state(key) !== 'memory') return true
  const holders = core.whoHas([key]).get(key) ?? []
  const possible = [...core.ncores(workers).keys()].filter((address) => core.worker(address)?.status === 'running')
  return holders.length === 0 || holders.length >= Math.min(n, possible.length)
}

/** The core has told those workers to drop them. */
function refuseComputed({ core }: Loop, who: ReadonlyMap<Address, ReadonlyMap<Key, number>>): void {
  for (const keys of who.values())
    for (const key of keys.keys())
      if (core.isComputed(key))
        throw new KeyConflictError(
          key,
          `'${key}' is the key of a task: its result cannot be overwritten. Choose another key, or release its futures first.`,
        )
}

function unknown(key: Key) {
  return { key, state: 'unknown', text: `${key} is not known here: it was never submitted, or was released` }
}
