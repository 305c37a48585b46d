import { rmSync } from 'node:fs'
import { reachDirectly } from '../comm/transports.js'
import { HeddleError } from '../errors.js'
import type { Worker } from '../worker/worker.js'
import type { ClusterWorker, Crew } from './cluster-host.js'
import type { ClusterPlan, WorkerPlan } from './cluster-plan.js'
import { startWorker, type WorkerStartOptions } from './start-worker.js'

/** Workers as parts of this process; their tasks run in threads of it. */
export function inprocCrew(plan: ClusterPlan, address: Promise<string>): Crew {
  // In the order in which they were asked for, not that in which they came up.
  const started = new Map<string, Promise<Worker>>()
  const running = new Map<string, Worker>()
  const close = async (name: string, reason: string) => {
    const worker = await started.get(name)?.catch(() => undefined)
    started.delete(name)
    running.delete(name)
    await worker?.close(reason)
  }
  const start = async ({ name, nthreads }: WorkerPlan) =>
    startWorker({ ...shared(plan), scheduler: await address, name, nthreads })

  // For a program that ends without closing the cluster.
  const removeScratch = () => {
    for (const { localDirectory = '' } of running.values())
      if (localDirectory !== '') rmSync(localDirectory, { recursive: true, force: true })
  }
  process.once('exit', removeScratch)

  return {
    isHere: true,
    get workers(): ClusterWorker[] {
      return [...started.keys()].flatMap((name) => {
        const worker = running.get(name)
        return worker ? [{ name, address: worker.address, nthreads: worker.nthreads, pid: process.pid }] : []
      })
    },
    async add(worker) {
      const starting = start(worker)
      started.set(worker.name, starting)
      starting.catch(() => started.delete(worker.name))
      const up = await starting
      up.unref()
      reachDirectly(up.address)
      running.set(worker.name, up)
    },
    remove: (name) => close(name, 'the cluster was scaled down'),
    async kill(name) {
      throw new HeddleError('HEDDLE_INPROC', `'${name}' is part of this process and cannot be killed; leave inproc out`)
    },
    async close(reason) {
      await Promise.all([...started.keys()].map((name) => close(name, reason)))
      process.off('exit', removeScratch)
    },
  }
}

/** The process has other things in memory, too: only values count. */
function shared(plan: ClusterPlan): Partial<WorkerStartOptions> {
  const { memoryLimit, thresholds, resources, isolation, preload, localDirectory, announce } = plan
  const given = { memoryLimit, ...thresholds, resources, isolation, preload, localDirectory, announce }
  const all = { ...given, memoryOf: 'values' }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
