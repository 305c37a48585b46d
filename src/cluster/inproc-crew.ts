import { HeddleError } from '../errors.js'
import type { Worker } from '../worker/worker.js'
import type { ClusterWorker, Crew } from './cluster-host.js'
import type { ClusterPlan } from './cluster-plan.js'
import { startWorker, type WorkerStartOptions } from './start-worker.js'

/** Workers as parts of this process; their tasks run in threads of it. */
export function inprocCrew(plan: ClusterPlan, address: Promise<string>): Crew {
  const running = new Map<string, Worker>()
  const close = async (name: string, reason: string) => {
    const worker = running.get(name)
    running.delete(name)
    await worker?.close(reason)
  }
  return {
    get workers(): ClusterWorker[] {
      return [...running].map(([name, { address: at, nthreads }]) => ({
        name,
        address: at,
        nthreads,
        pid: process.pid,
      }))
    },
    async add({ name, nthreads }) {
      running.set(name, await startWorker({ ...shared(plan), scheduler: await address, name, nthreads }))
    },
    remove: (name) => close(name, 'the cluster was scaled down'),
    async kill(name) {
      throw new HeddleError('HEDDLE_INPROC', `'${name}' is part of this process and cannot be killed; leave inproc out`)
    },
    async close(reason) {
      await Promise.all([...running.keys()].map((name) => close(name, reason)))
    },
  }
}

function shared({ memoryLimit, resources, localDirectory, announce }: ClusterPlan): Partial<WorkerStartOptions> {
  const all = { memoryLimit, resources, localDirectory, announce }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
