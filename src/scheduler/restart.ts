/** Everything is let go, and workers that can be replaced make room for new ones, which are waited for. */
import type { Address } from '../protocol/names.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import type { WorkerView } from './core/views.js'
import type { Loop } from './loop.js'

type Reply = SchedulerRequests['restart']['reply']

/** See above. `timeoutMs`: how long they are waited for. */
export async function restartCluster(loop: Loop, timeoutMs: number, signal: AbortSignal): Promise<Reply> {
  const { core, clock } = loop
  const before = viewsOf(loop)
  loop.push({ type: 'restart', anew: true })
  await loop.settled(signal)
  const end = clock.now() + timeoutMs
  const missing = () => missingOf(before, viewsOf(loop))
  await loop.settled(signal, () => clock.now() >= end || missing().length === 0)
  return { status: 'OK', workers: [...core.ncores().keys()], missing: missing() }
}

function viewsOf({ core }: Loop): Map<Address, WorkerView> {
  return new Map(
    [...core.ncores().keys()].flatMap((address) => {
      const view = core.worker(address)
      return view === undefined ? [] : [[address, view] as const]
    }),
  )
}

/** Another has a name again, or, where the name is the address, there are as many new ones on that host. */
function missingOf(before: ReadonlyMap<Address, WorkerView>, now: ReadonlyMap<Address, WorkerView>): string[] {
  const old = new Set(Array.from(before.values(), processOf))
  const fresh = Array.from(now, ([address, view]) => ({ as: nameOf(address, view), view })).filter(
    ({ view }) => !old.has(processOf(view)),
  )
  const missing: string[] = []
  for (const [address, view] of before) {
    if (!view.supervised) continue
    const as = nameOf(address, view)
    const found = fresh.findIndex((one) => one.as === as)
    if (found < 0) missing.push(String(view.name))
    else fresh.splice(found, 1)
  }
  return missing
}

function processOf({ host, pid }: WorkerView): string {
  return `${pid}@${host}`
}

function nameOf(address: Address, { name, host }: WorkerView): string {
  return name === address ? `one on ${host}` : String(name)
}
