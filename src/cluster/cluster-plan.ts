import { availableParallelism } from 'node:os'
import { preloadUrl } from '../code/preload.js'
import { checkThresholds, type MemoryThresholds, pickThresholds, THRESHOLDS } from '../config/memory-thresholds.js'
import { checkCount, defaultWorkers, memoryLimitBytes, shareThreads } from '../config/shares.js'
import { OptionError } from '../errors.js'
import { checkNames } from '../util/option-names.js'

export interface LocalClusterOptions extends MemoryThresholds {
  /** How many worker processes, or their names. Default: one for each 8 cores, called `w1`, `w2`, … */
  workers?: number | readonly string[]
  /** Tasks that each worker runs at once. Default: the cores, shared among the workers. */
  threadsPerWorker?: number
  /** Scheduler and workers as parts of this process, which starts faster; tasks still run in threads. Default false. */
  inproc?: boolean
  /** Memory of each worker: bytes, `'4GB'`, a share up to 1, or `'none'`. Default: the machine's, shared. */
  memoryLimit?: number | string
  /** What tasks may ask of each worker, as in `{ gpu: 1 }`. */
  resources?: Record<string, number>
  /** What tasks run in: threads of the workers, or processes, of which one that crashes ends no other task. Default `thread`. */
  isolation?: 'thread' | 'process'
  /** Modules that each worker runs before it starts, and before tasks each thread and process for these: paths or packages. */
  preload?: readonly string[]
  /** Where workers make their scratch directories. Default: the system's directory for such. */
  localDirectory?: string
  /** Default 0: any free port. */
  schedulerPort?: number
  /** Port of the scheduler's web pages; 0 is any free one. Default: no pages. */
  dashboardPort?: number
  /** Do not print where nodes listen. Default true. */
  silent?: boolean
}

/** One worker of a cluster. */
export interface WorkerPlan {
  readonly name: string
  readonly nthreads: number
}

/** A local cluster in every detail: plain data, as it passes a process boundary. */
export interface ClusterPlan {
  readonly workers: readonly WorkerPlan[]
  /** Threads of workers that are added later. */
  readonly threadsPerWorker: number
  /** Bytes of each worker; none: no limit. */
  readonly memoryLimit?: number
  /** Those that were given. */
  readonly thresholds: MemoryThresholds
  readonly resources?: Record<string, number>
  readonly isolation?: 'thread' | 'process'
  readonly preload?: readonly string[]
  readonly localDirectory?: string
  readonly schedulerPort: number
  /** None: no web pages. */
  readonly dashboardPort?: number
  /** Print where nodes listen. */
  readonly announce: boolean
}

const KNOWN: readonly string[] = [
  'workers',
  'threadsPerWorker',
  'memoryLimit',
  'resources',
  'isolation',
  'preload',
  'localDirectory',
  'schedulerPort',
  'dashboardPort',
  'silent',
  'inproc',
  ...THRESHOLDS,
] satisfies (keyof LocalClusterOptions)[]

/**
 * Fills in what the options of a cluster leave open.
 * @throws OptionError for an unknown option, a count that is none, or two workers of one name.
 */
export function planCluster(options: LocalClusterOptions, cores = availableParallelism()): ClusterPlan {
  checkNames(options, KNOWN)
  const names = workerNames(options.workers ?? defaultWorkers(cores))
  const { threadsPerWorker } = options
  if (threadsPerWorker !== undefined) checkCount('threadsPerWorker', threadsPerWorker, 1)
  const shares = shareThreads(cores, Math.max(1, names.length))
  checkThresholds(options)
  const memoryLimit = memoryLimitBytes(options.memoryLimit, Math.max(1, names.length))
  return {
    workers: names.map((name, i) => ({ name, nthreads: threadsPerWorker ?? shares[i] ?? 1 })),
    threadsPerWorker: threadsPerWorker ?? shares[0] ?? 1,
    schedulerPort: checkedPort('schedulerPort', options.schedulerPort ?? 0),
    announce: options.silent === false,
    thresholds: pickThresholds(options),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(options.resources === undefined ? {} : { resources: options.resources }),
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
    ...(options.preload === undefined ? {} : { preload: options.preload.map(preloadUrl) }),
    ...(options.localDirectory === undefined ? {} : { localDirectory: options.localDirectory }),
    ...(options.dashboardPort === undefined
      ? {}
      : { dashboardPort: checkedPort('dashboardPort', options.dashboardPort) }),
  }
}

/** The names a cluster gives: `w1`, `w2`, … */
export function numberedName(index: number): string {
  return `w${index + 1}`
}

function workerNames(workers: number | readonly string[]): string[] {
  if (typeof workers === 'number') {
    checkCount('workers', workers, 0)
    return Array.from({ length: workers }, (_, i) => numberedName(i))
  }
  if (!Array.isArray(workers)) throw new OptionError('workers', 'give a number of workers, or a list of their names')
  const twice = workers.find((name, i) => workers.indexOf(name) !== i)
  if (twice !== undefined) throw new OptionError('workers', `two workers cannot both be called '${twice}'`)
  return [...workers]
}

function checkedPort(option: string, port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new OptionError(option, `${port} is not a port (0 to 65535)`)
}
