import { importPreloads, preloadUrl } from '../code/preload.js'
import type { TlsOptions } from '../comm/tls-credentials.js'
import type { MemoryThresholds } from '../config/memory-thresholds.js'
import type { Duration } from '../util/duration.js'
import { Worker, type WorkerOptions } from '../worker/worker.js'
import { announcer } from './process-setup.js'

/** What a worker is started with by the command line or a cluster: plain data, as it passes a process boundary. */
export interface WorkerStartOptions extends MemoryThresholds {
  /** Address of the scheduler or center. */
  scheduler: string
  name?: string
  nthreads?: number
  host?: string
  /** Default 0: any free one. */
  port?: number
  localDirectory?: string
  /** Bytes. */
  memoryLimit?: number
  /** Default `'process'`. */
  memoryOf?: 'process' | 'values'
  resources?: Record<string, number>
  /** What runs tasks. Default `'thread'`. */
  isolation?: 'thread' | 'process'
  insecure?: boolean
  /** Paths of PEM files. */
  tls?: TlsOptions
  /** How long the scheduler may be out of reach before the worker gives up; milliseconds, or `'1s'`. */
  deathTimeout?: Duration
  /** Port of the worker's web pages. None: no pages. */
  httpPort?: number
  /** Modules that run here before the worker starts, and in each thread and process for tasks: paths, or packages. */
  preload?: readonly string[]
  /** Another is started in its place if it asks for that. */
  supervised?: boolean
  /** Say on stdout where the worker listens and that it has registered. */
  announce?: boolean
}

/** Starts a worker in this process; resolves when it has registered. */
export async function startWorker(options: WorkerStartOptions): Promise<Worker> {
  const { scheduler, port, httpPort, announce, ...rest } = options
  await importPreloads((options.preload ?? []).map(preloadUrl))
  const workerOptions: WorkerOptions = { ...(rest as WorkerOptions) }
  if (announce) workerOptions.print = announcer('worker')
  if (httpPort !== undefined) workerOptions.services = { http: [await loadHttpWorker(), httpPort] }
  return new Worker(scheduler, workerOptions).start(port === undefined ? {} : { port })
}

async function loadHttpWorker() {
  const { HttpWorker } = await import('../http/http-worker.js')
  return HttpWorker
}
