import { readTls, type TlsOptions } from '../comm/tls-credentials.js'
import { OptionError } from '../errors.js'
import { createLogger, type Logger } from '../log/log.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import { type Duration, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import { Session } from './session.js'
import { type LogSink, sinkOf } from './task-logs.js'
import { explainWrong } from './wrong-address.js'

const CONNECT_TIMEOUT_MS = 5000

/** How to connect. */
export interface ClientOptions {
  /** Until connected, retries included. Default 5 s. */
  timeout?: Duration
  /** Begins the client's id, which others see. Default `client`. */
  name?: string
  /** Takes notes of the scheduler, and failures that nobody looked at. Default: stderr, from `warn` on. */
  logger?: Logger
  /**
   * Shows what this client's tasks print with `console`: before their results, in order for each task, and left out,
   * with a note, beyond a thousand lines a second of one thread. `true`: as `[worker key] text` on this program's
   * console; or a function that takes each. Default false: it is in the workers' logs only.
   */
  logs?: boolean | LogSink
  /** Certificates, for schedulers at `tls://` addresses. */
  tls?: TlsOptions
  /** Ends the attempt to connect. */
  signal?: AbortSignal
}

/** Something that has the address of a scheduler, as a LocalCluster. */
export interface ClusterLike {
  readonly address: string
}

/** A connection as a client was told to make it. @throws ConnectError, VersionError, OptionError. */
export async function openSession(target: AddressLike | ClusterLike, options: ClientOptions): Promise<Session> {
  checkNames(options, ['timeout', 'name', 'logger', 'logs', 'tls', 'signal'])
  const { timeout = CONNECT_TIMEOUT_MS, name, logger = createLogger('client'), logs, tls, signal } = options
  if (name !== undefined && typeof name !== 'string') throw new OptionError('name', `must be a text, is ${shown(name)}`)
  const address = typeof target === 'object' && target !== null && 'address' in target ? target.address : target
  const connectTimeoutMs = toMs(timeout, 'timeout')
  const credentials = readTls(tls)
  const sink = sinkOf(logs, logger)
  try {
    return await Session.connect(address, { connectTimeoutMs, name, logger, logs: sink, tls: credentials, signal })
  } catch (error) {
    throw await explainWrong(parseAddress(address).address, error)
  }
}
