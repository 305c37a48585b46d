import { checkThresholds } from '../config/memory-thresholds.js'
import { HeddleError } from '../errors.js'
import { createLogger } from '../log/log.js'
import { Nanny } from '../nanny/nanny.js'
import type { ClusterWorker, Crew } from './cluster-host.js'
import type { ClusterPlan, WorkerPlan } from './cluster-plan.js'

/** Workers as processes under a nanny, which is this process. */
export function processCrew(plan: ClusterPlan, address: Promise<string>, onChange: () => void): Crew {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? '../cluster/worker-process.ts' : '../cluster/worker-process.js',
    import.meta.url,
  )
  const { memoryLimit, thresholds, resources, isolation, preload, announce, localDirectory: scratchIn } = plan
  const { terminate } = checkThresholds(thresholds)
  const nanny = new Nanny({ entry, scratchIn, logger: createLogger('nanny'), onChange, terminateAt: terminate })
  const shared = { memoryLimit, ...thresholds, resources, isolation, preload, announce }
  return {
    isHere: false,
    get workers(): ClusterWorker[] {
      return nanny.workers.map(({ id, address: at, nthreads, pid }) => ({ name: id, address: at, nthreads, pid }))
    },
    async add({ name, nthreads }: WorkerPlan) {
      const options = address.then((scheduler) => ({ ...shared, scheduler, name, nthreads }))
      await nanny.spawn({ id: name, memoryLimit }, options)
    },
    causeOfDeath: (address) => nanny.causeOfDeath(address),
    remove: (name) => nanny.stop(name, 'the cluster was scaled down'),
    async kill(name) {
      if (!(await nanny.kill(name))) throw noSuchWorker(name, this.workers)
    },
    close: (reason) => nanny.close(reason),
  }
}

/** The error for a name that no worker has; says which there are. */
export function noSuchWorker(name: string, workers: readonly ClusterWorker[]): HeddleError {
  const names = workers.map((worker) => worker.name).join(', ') || 'none'
  return new HeddleError('HEDDLE_NO_WORKER', `no worker of this cluster is called '${name}'; there are: ${names}`)
}
