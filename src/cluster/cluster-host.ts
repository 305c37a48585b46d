import { reachDirectly } from '../comm/transports.js'
import { createLogger } from '../log/log.js'
import type { CauseOfDeath } from '../scheduler/options.js'
import { Deferred } from '../util/deferred.js'
import { type ClusterPlan, numberedName, type WorkerPlan } from './cluster-plan.js'
import { announcer } from './process-setup.js'

/** One worker of a cluster, as it is now. */
export interface ClusterWorker {
  readonly name: string
  readonly address: string
  readonly nthreads: number
  /** Of the process it runs in. */
  readonly pid: number
}

/** Runs the workers of a cluster: as processes, or as parts of this one. */
export interface Crew {
  /** They are parts of this process, and do not keep it alive. */
  readonly isHere: boolean
  readonly workers: readonly ClusterWorker[]
  add(worker: WorkerPlan): Promise<void>
  /** Ends one in order, for good. */
  remove(name: string): Promise<void>
  /** How the worker at that address died, if it did and that is known. */
  causeOfDeath?(address: string): Promise<CauseOfDeath | undefined>
  /** Ends one as a crash would; resolves when it is gone. @throws HeddleError when there is none of that name. */
  kill(name: string): Promise<void>
  close(reason: string): Promise<void>
}

/** A scheduler and its workers. */
export interface ClusterHost {
  readonly address: string
  readonly workers: readonly ClusterWorker[]
  scale(count: number): Promise<void>
  kill(name: string): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a scheduler and a crew in this process. The crew is begun first and told the address later, so that worker
 * processes boot while the scheduler's code is being loaded.
 */
export async function startClusterHost(
  plan: ClusterPlan,
  makeCrew: (address: Promise<string>) => Crew,
): Promise<ClusterHost> {
  const tell = new Deferred<string>()
  // Whoever waits for it is told; without workers nobody does.
  tell.promise.catch(() => {})
  const crew = makeCrew(tell.promise)
  const added = Promise.all(plan.workers.map((worker) => crew.add(worker)))
  // Looked at below; until then a failure must not count as unhandled.
  added.catch(() => {})
  let closeScheduler: (() => Promise<unknown>) | undefined
  try {
    closeScheduler = await startScheduler(plan, crew, tell.resolve)
    await added
    return hostOf(await tell.promise, plan, crew, closeScheduler)
  } catch (error) {
    tell.reject(error)
    await crew.close('the cluster could not start')
    await closeScheduler?.()
    throw error
  }
}

async function startScheduler(
  plan: ClusterPlan,
  crew: Crew,
  tell: (address: string) => void,
): Promise<() => Promise<unknown>> {
  const { Scheduler } = await import('../scheduler/scheduler.js')
  const print = plan.announce ? { print: announcer('scheduler') } : {}
  const scheduler = new Scheduler({ port: plan.schedulerPort, causeOfDeath: crew.causeOfDeath, ...print })
  await scheduler.start()
  if (crew.isHere) {
    scheduler.unref()
    reachDirectly(scheduler.address)
  }
  tell(scheduler.address)
  if (plan.dashboardPort === undefined) return () => scheduler.close()
  const { startDashboard } = await import('../http/http-scheduler.js')
  const logger = createLogger('scheduler')
  const pages = await startDashboard(scheduler, { port: plan.dashboardPort, host: '127.0.0.1', logger })
  return () => Promise.all([pages.close(), scheduler.close()])
}

function hostOf(address: string, plan: ClusterPlan, crew: Crew, closeScheduler: () => Promise<unknown>): ClusterHost {
  return {
    address,
    get workers() {
      return crew.workers
    },
    scale: (count) => scale(plan, crew, count),
    kill: (name) => crew.kill(name),
    close: async () => {
      await crew.close('the cluster was closed')
      await closeScheduler()
    },
  }
}

async function scale(plan: ClusterPlan, crew: Crew, count: number): Promise<void> {
  const names = crew.workers.map(({ name }) => name)
  const surplus = names.slice(count)
  const fresh = freshNames(names, count - names.length)
  await Promise.all([
    ...surplus.map((name) => crew.remove(name)),
    ...fresh.map((name) => crew.add({ name, nthreads: plan.threadsPerWorker })),
  ])
}

function freshNames(taken: readonly string[], count: number): string[] {
  const fresh: string[] = []
  for (let i = 0; fresh.length < count; i++) {
    if (!taken.includes(numberedName(i))) fresh.push(numberedName(i))
  }
  return fresh
}
