/** What only a scheduler answers, as methods. */
import type { Address, Key } from '../protocol/names.js'
import type { Explanation, SchedulerRequests, StoryEntry } from '../protocol/requests.js'
import { CENTER_METHODS, type CenterApi } from '../rpc/center-api.js'
import type { MethodTable } from '../rpc/proxy.js'

export interface SchedulerApi extends CenterApi {
  /** How a key came into its state, oldest first. */
  story(ask: { key: Key }): Promise<StoryEntry[]>
  /** Why a key is in its state, as data. */
  explain(ask: { key: Key }): Promise<Explanation>
  /** Makes copies until each of these is on `n` workers. */
  replicate(ask: { keys: readonly Key[]; n: number; workers?: readonly string[] }): Promise<{ status: 'OK' }>
  /** Moves data from full workers to empty ones. Default: any data. */
  rebalance(ask?: { keys?: readonly Key[] }): Promise<{ status: 'OK' }>
  /** Moves the data of these workers elsewhere and ends them; gives the addresses of those that went. */
  retireWorkers(ask: { workers: readonly string[] }): Promise<Address[]>
  /** Forgets every task and starts the workers anew; waits for them, up to `timeout` milliseconds (default 0). */
  restart(ask?: { timeout?: number }): Promise<Pick<Reply<'restart'>, 'workers' | 'missing'>>
}

type Reply<Op extends keyof SchedulerRequests> = SchedulerRequests[Op]['reply']

const asIs = (ask: object | undefined): object => ask ?? {}
const status = ({ status }: Reply<'rebalance'>): { status: 'OK' } => ({ status })

/** The methods of `SchedulerApi` and the requests they become. */
export const SCHEDULER_METHODS: MethodTable<SchedulerApi> = {
  ...CENTER_METHODS,
  story: { op: 'story', ask: asIs, result: ({ story }: Reply<'story'>) => story },
  explain: { op: 'explain', ask: asIs, result: ({ explanation }: Reply<'explain'>) => explanation },
  replicate: { op: 'replicate', ask: asIs, result: status },
  rebalance: { op: 'rebalance', ask: asIs, result: status },
  retireWorkers: { op: 'retire_workers', ask: asIs, result: ({ workers }: Reply<'retire_workers'>) => workers },
  restart: { op: 'restart', ask: asIs, result: ({ workers, missing }: Reply<'restart'>) => ({ workers, missing }) },
}
