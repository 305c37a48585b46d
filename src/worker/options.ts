import { availableParallelism } from 'node:os'
import { preloadUrl } from '../code/preload.js'
import { readTls, type TlsCredentials, type TlsOptions } from '../comm/tls-credentials.js'
import { requireLoopback } from '../config/loopback.js'
import {
  type CheckedThresholds,
  checkThresholds,
  type MemoryThresholds,
  THRESHOLDS,
} from '../config/memory-thresholds.js'
import { checkCount, memoryLimitBytes } from '../config/shares.js'
import { OptionError } from '../errors.js'
import type { ServiceFactory } from '../http/service.js'
import { createLogger, type Logger } from '../log/log.js'
import { type AddressLike, type ParsedAddress, parseAddress } from '../util/address.js'
import { type Duration, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import type { TaskExecutor } from './executor/executor.js'

/** How a worker is started; everything has a default. */
export interface WorkerOptions extends MemoryThresholds {
  /** What it is called, as in `client.with({ workers: 'alice' })`; no two of one center alike. Default: its address. */
  name?: string | number | undefined
  /** Tasks that run at the same time, each in a thread. Default: the cores of this machine. At least 1. */
  nthreads?: number | undefined
  /** The seed page's name of `nthreads`. */
  ncores?: number | undefined
  /** Where the worker makes a scratch directory of its own, which goes when it ends. Default: the system's place for such. */
  localDirectory?: string | undefined
  /** The seed page's name of `localDirectory`. */
  localDir?: string | undefined
  /**
   * Address to listen at. Default: 127.0.0.1 if the center is on this machine, else the address from which this machine
   * reaches the center. Whatever other machines can reach needs `insecure`. `0.0.0.0` is every address of this machine.
   */
  host?: string | undefined
  /** Servers that run beside the worker and end with it, each alone or with its port (default 0, any free one). */
  services?: Readonly<Record<string, ServiceFactory | readonly [ServiceFactory, number]>> | undefined
  /** Ports of further services that somebody else runs, for the center to know, as `{ nanny: 8789 }`. */
  servicePorts?: Readonly<Record<string, number>> | undefined
  /** Bytes, `'4GB'`, a share of the machine's memory up to 1, or `'none'`. Default: all memory of the machine. */
  memoryLimit?: number | string | undefined
  /**
   * Whose memory counts against the limit beyond `memoryTarget`: all of this process, or, for a process that does other
   * things too, only the large buffers of values. Default `'process'`.
   */
  memoryOf?: 'process' | 'values' | undefined
  /** What tasks may ask for and hold while they run, as `{ gpu: 2 }`. Default: nothing. */
  resources?: Readonly<Record<string, number>> | undefined
  /** Listen where other machines, or other users of this one, can reach it, though nothing is encrypted or checked. Default false. */
  insecure?: boolean | undefined
  /** Certificates, for a center at a `tls://` address: the worker is then at one, too, and needs no `insecure`. */
  tls?: TlsOptions | undefined
  /** How long the center may be out of reach before the worker gives up. Default: 10 s at the start, for ever later. */
  deathTimeout?: Duration | undefined
  /** Takes the lines that say where the worker listens and that it has registered. Default: they are not printed. */
  print?: ((line: string) => void) | undefined
  /** Default: lines to stderr, from the level `HEDDLE_LOG_LEVEL` on. */
  logger?: Logger | undefined
  /** Check every invariant after every event; a worker that finds one broken ends. For tests: it is slow. Default false. */
  validate?: boolean | undefined
  /**
   * `process`: every task runs in one of `nthreads` child processes, so that native code that aborts ends no other task.
   * Default `thread`; tasks can ask for a process of their own with `client.with({ isolation: 'process' })`.
   */
  isolation?: 'thread' | 'process' | undefined
  /**
   * Modules that run in each thread and process for tasks before these do, as those that register codecs: paths from the
   * working directory, packages, or URLs. Default none.
   */
  preload?: readonly string[] | undefined
  /**
   * Whoever runs it starts another in its place when it has ended and `wantsSuccessor` is true; `client.restart()` then
   * ends it, and waits for the other. Default false.
   */
  supervised?: boolean | undefined
  /** What runs the tasks. Default: `nthreads` threads of this process. */
  executor?: TaskExecutor | undefined
}

/** The options with everything filled in. */
export interface WorkerPlan {
  readonly center: ParsedAddress
  readonly name: string | number | undefined
  readonly nthreads: number
  readonly localDirectory: string | undefined
  readonly host: string | undefined
  readonly services: ReadonlyMap<string, { readonly factory: ServiceFactory; readonly port: number }>
  readonly servicePorts: Readonly<Record<string, number>>
  /** Bytes. */
  readonly memoryLimit: number | undefined
  readonly memory: CheckedThresholds
  readonly memoryOf: 'process' | 'values'
  readonly resources: Record<string, number>
  readonly insecure: boolean
  readonly tls: TlsCredentials | undefined
  readonly deathTimeoutMs: number | undefined
  readonly print: (line: string) => void
  readonly logger: Logger
  readonly validate: boolean
  readonly isolation: 'thread' | 'process'
  /** URLs. */
  readonly preload: readonly string[]
  readonly supervised: boolean
  readonly executor: TaskExecutor | undefined
}

/** What `new Worker(…)` takes: where the center is, in one argument or in two, then options. */
export type WorkerArguments =
  | [center: AddressLike, options?: WorkerOptions]
  | [centerHost: string, centerPort: number, options?: WorkerOptions]

const KNOWN: readonly string[] = [
  'name',
  'nthreads',
  'ncores',
  'localDirectory',
  'localDir',
  'host',
  'services',
  'servicePorts',
  'memoryLimit',
  'memoryOf',
  ...THRESHOLDS,
  'resources',
  'insecure',
  'tls',
  'deathTimeout',
  'print',
  'logger',
  'validate',
  'isolation',
  'preload',
  'supervised',
  'executor',
] satisfies (keyof WorkerOptions)[]

/** @throws OptionError for an address that is none, and for an option that is unknown, wrong, or contradicts another. */
export function planWorker(args: WorkerArguments): WorkerPlan {
  const { center, options } = splitArguments(args)
  checkNames(options, KNOWN)
  const { name, host, insecure = false, validate = false } = options
  const tls = readTls(options.tls)
  requireLoopback(host, insecure || tls !== undefined)
  return {
    center,
    name: checkedName(name),
    nthreads: checkedThreads(options),
    localDirectory: checkedText('localDirectory', agreed(options, 'localDirectory', 'localDir')),
    host: checkedText('host', host),
    services: checkedServices(options.services ?? {}),
    servicePorts: checkedPorts(options.servicePorts ?? {}),
    memoryLimit: memoryLimitBytes(options.memoryLimit, 1),
    memory: checkThresholds(options),
    memoryOf: checkedMeasure(options.memoryOf ?? 'process'),
    resources: checkedResources(options.resources ?? {}),
    insecure: checkedFlag('insecure', insecure),
    tls,
    deathTimeoutMs: options.deathTimeout === undefined ? undefined : toMs(options.deathTimeout, 'deathTimeout'),
    print: options.print ?? (() => {}),
    logger: options.logger ?? createLogger('worker'),
    validate: checkedFlag('validate', validate),
    isolation: checkedIsolation(options.isolation ?? 'thread'),
    preload: checkedPreload(options.preload ?? []),
    supervised: checkedFlag('supervised', options.supervised ?? false),
    executor: options.executor,
  }
}

/** Whether `host` stands for every address of this machine. */
export function isEverywhere(host: string | undefined): boolean {
  return host === '0.0.0.0' || host === '::' || host === '[::]'
}

function splitArguments(args: WorkerArguments): { center: ParsedAddress; options: WorkerOptions } {
  const [first, second, third] = args
  const hasPort =
    typeof second === 'number' ||
    (typeof first === 'string' && second !== null && !isObject(second) && second !== undefined)
  const like = hasPort ? { host: first as string, port: second as number } : (first as AddressLike)
  const options = (hasPort ? third : second) ?? {}
  if (!isObject(options)) throw new OptionError('options', `${String(options)} is no object of options`)
  const center = parseAddress(like, 'center')
  if (center.scheme !== 'inproc' && center.port === 0) {
    throw new OptionError('center', 'port 0 is nobody’s; start the center first, then use the port that it took')
  }
  return { center, options: options as WorkerOptions }
}

/** The value of two names of one option. */
function agreed<T>(options: WorkerOptions, name: keyof WorkerOptions, alias: keyof WorkerOptions): T | undefined {
  const [value, other] = [options[name], options[alias]] as [T | undefined, T | undefined]
  if (value !== undefined && other !== undefined && value !== other) {
    throw new OptionError(name, `${value} contradicts ${alias} ${other}, which means the same`)
  }
  return value ?? other
}

function checkedThreads(options: WorkerOptions): number {
  const nthreads = agreed<number>(options, 'nthreads', 'ncores')
  if (nthreads !== undefined) checkCount('nthreads', nthreads, 1)
  return nthreads ?? options.executor?.nthreads ?? availableParallelism()
}

function checkedName(name: string | number | undefined): string | number | undefined {
  const isName = name === undefined || (typeof name === 'string' ? name !== '' : Number.isFinite(name))
  if (!isName) throw new OptionError('name', `${JSON.stringify(name)} is no name; give a text or a number`)
  return name
}

function checkedText(option: string, value: string | undefined): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new OptionError(option, `${JSON.stringify(value)} is no text`)
}

function checkedFlag(option: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw new OptionError(option, `${String(value)} is neither true nor false`)
}

function checkedIsolation(isolation: 'thread' | 'process'): 'thread' | 'process' {
  if (isolation === 'thread' || isolation === 'process') return isolation
  throw new OptionError('isolation', `${String(isolation)} is neither thread nor process`)
}

function checkedPreload(modules: readonly string[]): string[] {
  if (Array.isArray(modules) && modules.every((name) => typeof name === 'string')) return modules.map(preloadUrl)
  throw new OptionError('preload', 'give a list of paths or packages')
}

function checkedMeasure(memoryOf: WorkerPlan['memoryOf']): WorkerPlan['memoryOf'] {
  if (memoryOf === 'process' || memoryOf === 'values') return memoryOf
  throw new OptionError('memoryOf', `${JSON.stringify(memoryOf)} is neither 'process' nor 'values'`)
}

function checkedResources(resources: Readonly<Record<string, number>>): Record<string, number> {
  for (const [name, amount] of Object.entries(resources)) {
    if (!Number.isFinite(amount) || amount < 0)
      throw new OptionError('resources', `${name} is ${String(amount)}, which is no amount from 0`)
  }
  return { ...resources }
}

function checkedPorts(ports: Readonly<Record<string, number>>): Record<string, number> {
  for (const [name, port] of Object.entries(ports)) checkPort('servicePorts', name, port)
  return { ...ports }
}

function checkedServices(services: NonNullable<WorkerOptions['services']>): WorkerPlan['services'] {
  const checked = new Map<string, { factory: ServiceFactory; port: number }>()
  for (const [name, service] of Object.entries(services)) {
    const [factory, port] = Array.isArray(service) ? (service as [ServiceFactory, number]) : [service, 0]
    if (typeof factory !== 'function')
      throw new OptionError('services', `'${name}' is no service; give HttpWorker, or [HttpWorker, port]`)
    checkPort('services', name, port)
    checked.set(name, { factory: factory as ServiceFactory, port })
  }
  return checked
}

function checkPort(option: string, name: string, port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return
  throw new OptionError(option, `${name} is ${String(port)}, which is no port from 0 to 65535`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
