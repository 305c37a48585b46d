/** What a worker answers, to whoever asks. */
import type { Artefact } from '../code/artefact.js'
import type { Key } from '../protocol/names.js'
import type { Identity, WorkerRequests } from '../protocol/requests.js'
import type { Handlers } from '../rpc/server.js'
import { encode } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import type { CenterLink } from './center-link.js'
import { type CodeCache, codeOf } from './code-cache.js'
import type { WorkerCore } from './core/core.js'
import type { DirectOutcome } from './core/events.js'
import type { DirectCalls } from './direct-calls.js'
import type { Outgoing } from './get-data.js'
import type { LocalData } from './local-data.js'
import type { Printed } from './printed.js'
import type { Shell } from './shell.js'
import type { SideRuns } from './side-runs.js'
import type { ValueStore } from './store/store.js'

type Reply<Op extends keyof WorkerRequests> = WorkerRequests[Op]['reply']

/** What the handlers act on. */
export interface RequestParts {
  readonly core: WorkerCore
  readonly shell: Shell
  readonly store: ValueStore
  readonly calls: DirectCalls
  readonly code: CodeCache
  readonly outgoing: Outgoing
  readonly data: LocalData
  readonly side: SideRuns
  readonly printed: Pick<Printed, 'collect'>
  readonly link: Pick<CenterLink, 'confirm'>
  identity(): Identity
  /** Code that is here, in memory or on the disk. */
  codeFor(hash: string): Promise<Artefact | undefined>
  /** Ends the worker. */
  terminate(reason: string): void
}

/** One handler for each request of `WorkerRequests`. What changes data is answered when the center has heard of it. */
export function workerHandlers(parts: () => RequestParts): Handlers<WorkerRequests> {
  return {
    identity: () => parts().identity(),
    ping: () => ({ status: 'OK' }),
    get_data: (ask, context) => parts().outgoing.serve(ask, context),
    update_data: async ({ data: values, report = true }) => {
      const { data } = parts()
      data.put(values, report)
      await settled(parts(), report)
      return { status: 'OK', nbytes: sizesOf(values) }
    },
    delete_data: async ({ keys, report = true }) => {
      const { data } = parts()
      data.drop(keys, report)
      await settled(parts(), report)
      return { status: 'OK' }
    },
    compute: (ask) => parts().printed.collect(ask.key, ask.logs, () => compute(parts(), ask)),
    gather: (ask) => gather(parts(), ask),
    run: (ask, context) => parts().side.run(ask, context),
    get_code: async ({ hash }) => ({ status: 'OK', artefact: (await parts().codeFor(hash)) ?? null }),
    keys: () => ({ status: 'OK', keys: [...parts().store.keys()] }),
    story: ({ key }) => ({ status: 'OK', story: parts().core.story(key) }),
    terminate: ({ reason = 'it was told to end' }) => {
      // The answer leaves first.
      setImmediate(() => parts().terminate(reason))
      return { status: 'OK' }
    },
  }
}

async function settled({ shell, link }: RequestParts, report: boolean): Promise<void> {
  await shell.settled()
  if (report) await link.confirm()
}

async function compute(parts: RequestParts, ask: WorkerRequests['compute']['ask']): Promise<Reply<'compute'>> {
  const { key, function: ref, code = [], args, deps, who_has = new Map() } = ask
  try {
    for (const artefact of code) await parts.code.add(artefact)
    await parts.code.ensure(codeOf(ref))
  } catch (error) {
    return { status: 'failed', error: encode(error) }
  }
  const outcome = await parts.calls.begin((request) =>
    parts.shell.push({ type: 'compute-direct', request, key, function: ref, args, deps, whoHas: who_has }),
  )
  if (outcome.status === 'OK') await parts.link.confirm()
  return computeReply(key, outcome)
}

function computeReply(key: Key, outcome: DirectOutcome): Reply<'compute'> {
  switch (outcome.status) {
    case 'OK': {
      const { nbytes, typename, thread, start, stop } = outcome
      return { status: 'OK', key, nbytes, type: typename, thread, start, stop }
    }
    case 'error':
      return { status: 'failed', error: outcome.error }
    case 'missing':
      return { status: 'missing', missing: outcome.keys }
    case 'gathered':
      throw new TypeError('a compute was answered like a gather')
  }
}

async function gather(parts: RequestParts, ask: WorkerRequests['gather']['ask']): Promise<Reply<'gather'>> {
  const whoHas = new Map(ask.keys.map((key) => [key, ask.who_has?.get(key) ?? []]))
  const outcome = await parts.calls.begin((request) => parts.shell.push({ type: 'gather-direct', request, whoHas }))
  await parts.link.confirm()
  const missing = outcome.status === 'gathered' ? outcome.missing : ask.keys
  return { status: missing.length === 0 ? 'OK' : 'missing', missing }
}

function sizesOf(values: ReadonlyMap<Key, Encoded>): Map<Key, number> {
  const sizes = new Map<Key, number>()
  for (const [key, value] of values) sizes.set(key, value.nbytes)
  return sizes
}
