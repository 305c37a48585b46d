import { availableParallelism } from 'node:os'
import type { WorkerStartOptions } from '../cluster/start-worker.js'
import { checkThresholds, type MemoryThresholds, pickThresholds } from '../config/memory-thresholds.js'
import { defaultWorkers, memoryLimitBytes, shareThreads } from '../config/shares.js'
import { OptionError } from '../errors.js'
import type { Duration } from '../util/duration.js'
import { type CommonOptions, tlsIn } from './common-options.js'

/** The options of `heddle worker`, as the command line gives them. */
export interface WorkerCommandOptions extends CommonOptions, MemoryThresholds {
  port?: number[]
  workerPort?: number[]
  nthreads?: number
  ncores?: number
  nworkers?: number
  nprocs?: number
  name?: string
  localDirectory?: string
  localDir?: string
  memoryLimit?: string
  resources?: Record<string, number>
  nanny: boolean
  isolation?: 'thread' | 'process'
  deathTimeout?: Duration
  httpPort?: number
  memoryTargetFraction?: number | false
  memorySpillFraction?: number | false
  memoryPauseFraction?: number | false
}

/** One worker that the command starts: what it is started with, without the scheduler's address. */
export type PlannedWorker = Omit<WorkerStartOptions, 'scheduler'>

/**
 * The workers that a command line asks for. Unless it says otherwise, one for each 8 cores, which share the cores and
 * the memory.
 * @throws OptionError when two of its options contradict each other.
 */
export function planWorkers(options: WorkerCommandOptions, cores = availableParallelism()): PlannedWorker[] {
  const nthreads = agree('--nthreads', options.nthreads, '--ncores', options.ncores)
  const given = agree('--nworkers', options.nworkers, '--nprocs', options.nprocs)
  const count = given ?? (nthreads === undefined && options.nanny ? defaultWorkers(cores) : 1)
  if (!options.nanny && count > 1) throw new OptionError('--no-nanny', `runs one worker, but --nworkers is ${count}`)
  const threads = nthreads === undefined ? shareThreads(cores, count) : Array<number>(count).fill(nthreads)
  const ports = portsOf(options, count)
  const shared = sharedOptions(options, count)
  return threads.map((share, i) => ({
    ...shared,
    ...nameOf(options.name, i, count),
    nthreads: share,
    port: ports[i] ?? 0,
  }))
}

function portsOf(options: WorkerCommandOptions, count: number): number[] {
  const ports = options.workerPort ?? options.port ?? []
  if (ports.length === 0 || ports[0] === 0 || ports.length >= count) return ports
  throw new OptionError('--worker-port', `${ports.length} ports for ${count} workers; give a range as in 9000:9026`)
}

function nameOf(name: string | undefined, index: number, count: number): { name?: string } {
  if (name === undefined) return {}
  return { name: count === 1 ? name : `${name}-${index}` }
}

function sharedOptions(options: WorkerCommandOptions, count: number): PlannedWorker {
  const { host, insecure, isolation, resources, deathTimeout, httpPort, preload } = options
  if (httpPort !== undefined && httpPort !== 0 && count > 1) {
    throw new OptionError('--http-port', `${httpPort} cannot serve ${count} workers; 0 gives each a free one`)
  }
  const localDirectory = agree('--local-directory', options.localDirectory, '--local-dir', options.localDir)
  const memoryLimit = memoryLimitBytes(options.memoryLimit, count)
  const thresholds = agreedThresholds(options)
  const all = {
    ...thresholds,
    host,
    insecure,
    tls: tlsIn(options),
    isolation,
    resources,
    deathTimeout,
    httpPort,
    preload,
    localDirectory,
    memoryLimit,
    announce: true,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** Dask's spellings have `-fraction` at their end. */
function agreedThresholds(options: WorkerCommandOptions): MemoryThresholds {
  const { memoryTargetFraction, memorySpillFraction, memoryPauseFraction } = options
  const thresholds = pickThresholds({
    ...options,
    memoryTarget: agree('--memory-target', options.memoryTarget, '--memory-target-fraction', memoryTargetFraction),
    memorySpill: agree('--memory-spill', options.memorySpill, '--memory-spill-fraction', memorySpillFraction),
    memoryPause: agree('--memory-pause', options.memoryPause, '--memory-pause-fraction', memoryPauseFraction),
  })
  checkThresholds(thresholds)
  return thresholds
}

function agree<T>(name: string, value: T | undefined, other: string, otherValue: T | undefined): T | undefined {
  if (value !== undefined && otherValue !== undefined && value !== otherValue) {
    throw new OptionError(name, `${String(value)} contradicts ${other} ${String(otherValue)}, which means the same`)
  }
  return value ?? otherValue
}
