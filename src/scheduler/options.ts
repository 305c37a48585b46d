import { readTls, type TlsCredentials, type TlsOptions } from '../comm/tls-credentials.js'
import { requireLoopback } from '../config/loopback.js'
import { checkCount } from '../config/shares.js'
import type { Logger } from '../log/log.js'
import type { Address } from '../protocol/names.js'
import { addressOf } from '../util/address.js'
import { type Duration, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import type { CoreOptions } from './core/options.js'

/** Options that a Scheduler and a Center share. */
export interface NodeOptions {
  /** Listen where other machines, or other users of this one, can reach it, though nothing is encrypted or checked. Default false. */
  insecure?: boolean | undefined
  /** Certificates: listen at a `tls://` address, for peers whose certificate is of the same authority, and need no `insecure`. */
  tls?: TlsOptions | undefined
  /** Takes the line that says where the node listens, once it does. Default: it is not printed. */
  print?: ((line: string) => void) | undefined
  /** Default: lines to stderr, from the level `HEDDLE_LOG_LEVEL` on. */
  logger?: Logger | undefined
  /** Check every invariant after every event; a node that finds one broken ends. For tests: it is slow. Default false. */
  validate?: boolean | undefined
  /** A worker that is silent for longer is taken for dead. Default 30 s; 0: never. */
  workerTtl?: Duration | undefined
  /**
   * Asked when the connection to a worker breaks: how it died, if whoever looks after its process knows.
   * Its tasks are run elsewhere when this has resolved. Default: nobody is asked.
   */
  causeOfDeath?: ((worker: Address) => Promise<CauseOfDeath | undefined>) | undefined
}

/** How a worker died. */
export interface CauseOfDeath {
  /** A sentence. */
  readonly text: string
  /** It took more memory than it may, and was ended for that. */
  readonly outgrewMemory: boolean
}

/** Options of a `Center` beside its host and port. */
export type CenterOptions = NodeOptions

/** Options of a `Scheduler`. */
export interface SchedulerOptions extends NodeOptions {
  /** Address to listen at. Default 127.0.0.1; another that is not this machine alone needs `insecure`. */
  host?: string | undefined
  /** Port to listen at; 0 is any free one. Default 8786. */
  port?: number | undefined
  /** Deaths of workers under one task that are forgiven. Default 3: the fourth is its end. */
  allowedFailures?: number | undefined
  /** How long the wants of a client that vanished are kept for it. Default 5 s. */
  clientGrace?: Duration | undefined
  /** Root tasks per thread that a worker is given ahead. Default 1.1; `Infinity`: all at once. */
  workerSaturation?: number | undefined
  /** Bytes of small results that the scheduler itself keeps. Default 64 MiB. */
  inlineBudget?: number | undefined
  /** Bytes of code and uploaded files that the scheduler itself keeps; of what exceeds it, what workers have is had from them. Default 256 MiB. */
  codeBudget?: number | undefined
  /** How often work is taken from busy workers for idle ones. Default 1 s; 0: never. */
  stealInterval?: Duration | undefined
  /** After this long a task that cannot run is spoken of to its clients. Default 10 s. */
  unrunnableNote?: Duration | undefined
  /** Transitions that `story` can look back on. Default 100 000. */
  storyLength?: number | undefined
}

const SHARED = [
  'insecure',
  'tls',
  'print',
  'logger',
  'validate',
  'workerTtl',
  'causeOfDeath',
] as const satisfies (keyof NodeOptions)[]
const CENTER_OPTIONS: readonly string[] = SHARED
const SCHEDULER_OPTIONS: readonly string[] = [
  ...SHARED,
  'host',
  'port',
  'allowedFailures',
  'clientGrace',
  'workerSaturation',
  'inlineBudget',
  'codeBudget',
  'stealInterval',
  'unrunnableNote',
  'storyLength',
] satisfies (keyof SchedulerOptions)[]

/** What the core is told of these options. @throws OptionError for an unknown or a wrong one. */
export function coreOptions(options: SchedulerOptions, role: 'scheduler' | 'center'): Partial<CoreOptions> {
  checkNames(options, role === 'center' ? CENTER_OPTIONS : SCHEDULER_OPTIONS)
  const { validate, allowedFailures, workerSaturation, inlineBudget, storyLength } = options
  return defined({
    role,
    validate,
    allowedFailures,
    workerSaturation,
    inlineBudget,
    storyLength,
    workerTtlMs: ms(options, 'workerTtl'),
    clientGraceMs: ms(options, 'clientGrace'),
    stealIntervalMs: ms(options, 'stealInterval'),
    unrunnableNoteMs: ms(options, 'unrunnableNote'),
  })
}

/** Bytes of code that are kept. @throws OptionError for what is no number of bytes. */
export function codeBudget({ codeBudget: bytes }: SchedulerOptions): number | undefined {
  if (bytes !== undefined) checkCount('codeBudget', bytes, 0)
  return bytes
}

/** Where a node listens, and with what. */
export interface Listening {
  readonly address: Address
  readonly tls: TlsCredentials | undefined
  /** Other users of this machine are let in, too. */
  readonly anyUser: boolean
}

/** Where to listen. @throws OptionError when that is no address, or open to others without `insecure`. */
export function listenAt(host: string, port: number, options: NodeOptions): Listening {
  const tls = readTls(options.tls)
  requireLoopback(host, options.insecure === true || tls !== undefined)
  return { address: addressOf(tls === undefined ? 'tcp' : 'tls', host, port), tls, anyUser: options.insecure === true }
}

type DurationOption = {
  [K in keyof SchedulerOptions]-?: Duration extends SchedulerOptions[K] ? K : never
}[keyof SchedulerOptions]

function ms(options: SchedulerOptions, name: DurationOption): number | undefined {
  const value = options[name]
  return value === undefined ? undefined : toMs(value, name)
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
