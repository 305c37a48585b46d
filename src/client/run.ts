import type { Artefact } from '../code/artefact.js'
import { HeddleError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import type { WorkerRequests } from '../protocol/requests.js'
import type { RequestOptions } from '../rpc/pool.js'
import type { Chosen } from './options.js'
import type { Session } from './session.js'
import type { AnyFunction } from './task-types.js'
import { askRun, ranValue } from './worker-api.js'

type Run = WorkerRequests['run']

/**
 * Runs a function once on each worker, beside its tasks, and gives the results by address.
 * @throws what the function threw on any of them; CaptureError, CloneError, SchedulerLostError.
 */
export async function runOnWorkers(
  session: Session,
  chosen: Chosen,
  fn: AnyFunction,
  args: readonly unknown[],
  options: RequestOptions = {},
): Promise<Record<Address, unknown>> {
  const { workers, logs } = chosen
  const print = logs ? session.printLog : undefined
  const ask = askRun({ function: fn, args, logs: print }, session.environment.ship(fn, chosen))
  const addresses = await ourAddresses(session, workers)
  const results = await Promise.all(
    addresses.map(async (address) => {
      const reply = await askOne(session, address, ask, options)
      return [address, await ranValue(reply, { logs: print })] as const
    }),
  )
  return Object.assign(Object.create(null), Object.fromEntries(results)) as Record<Address, unknown>
}

/** Uploaded files go along once; again, if the worker has lost them. */
async function askOne(session: Session, address: Address, ask: Run['ask'], options: RequestOptions) {
  const { code = [] } = ask
  const send = (some: Artefact[]) => session.askWorker<Run['reply']>(address, 'run', { ...ask, code: some }, options)
  const needed = session.sentFiles.without(address, code)
  let reply = await send(needed)
  if (reply.status === 'failed' && reply.code_missing && needed.length < code.length) reply = await send(code)
  session.sentFiles.note(address, code)
  return reply
}

/** Of the workers that run TypeScript, all or those named. @throws HeddleError for one that does not. */
async function ourAddresses(session: Session, names: readonly string[] | undefined): Promise<Address[]> {
  const { workers } = await session.request('workers', {})
  const addresses = names === undefined ? [...workers.keys()] : await addressesOf(session, names)
  const isOurs = (address: Address) => workers.get(address)?.system === undefined
  const other = addresses.find((address) => !isOurs(address))
  if (names === undefined || other === undefined) return addresses.filter(isOurs)
  throw new HeddleError('HEDDLE_DASK', `${other} is a worker of Python's, which cannot run functions of TypeScript`)
}

/** The addresses of these workers, given by name, address or host; without any, of all. @throws HeddleError. */
export async function addressesOf(session: Session, names: readonly string[] | undefined): Promise<Address[]> {
  const { workers } = await session.request('workers', {})
  if (names === undefined) return [...workers.keys()]
  const found = [...workers].filter(([address, { name, host }]) =>
    names.some((one) => one === address || one === String(name) || one === host || `tcp://${one}` === address),
  )
  if (found.length > 0) return found.map(([address]) => address)
  const there = [...workers].map(([address, { name }]) => `${name} (${address})`).join(', ') || 'none'
  throw new HeddleError('HEDDLE_NO_WORKER', `no worker is called ${names.join(' or ')}; there are: ${there}`)
}
