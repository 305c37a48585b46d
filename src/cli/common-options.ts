import { type Command, Option } from 'commander'
import { importPreloads, preloadUrl } from '../code/preload.js'
import type { TlsOptions } from '../comm/tls-credentials.js'
import { requireLoopback } from '../config/loopback.js'
import { OptionError } from '../errors.js'
import { collect } from './parse.js'
import { holdPidFile } from './pid-file.js'

/** Who this process is at `tls://` addresses. */
export interface TlsFlags {
  tlsCaFile?: string
  tlsCert?: string
  tlsKey?: string
}

/** Options that every node's command has. */
export interface CommonOptions extends TlsFlags {
  host?: string
  insecure?: boolean
  preload: string[]
  pidFile?: string
  logFormat?: string
  logLevel?: string
}

/** Adds the options that every node's command has. */
export function withCommonOptions(command: Command): Command {
  command
    .option('--host <host>', 'address to listen at (default: 127.0.0.1)')
    .option('--insecure', 'let in other users, and other machines if --host says so, with nothing encrypted or checked')
  return withTlsOptions(command)
    .addOption(
      new Option(
        '--preload <module>',
        'module to run before the node starts, of workers also in each thread for tasks; may be repeated',
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--pid-file <path>', 'file to write the process id to')
    .addOption(new Option('--log-format <format>', 'how log lines look').choices(['pretty', 'json']))
    .addOption(
      new Option('--log-level <level>', 'least level to log').choices(['debug', 'info', 'warn', 'error', 'silent']),
    )
}

/** Adds the options for certificates; Dask's have the same names. */
export function withTlsOptions(command: Command): Command {
  return command
    .option('--tls-ca-file <path>', 'PEM file of the authority, to be at a tls:// address and dial such')
    .option('--tls-cert <path>', 'PEM file of the certificate that this process shows')
    .option('--tls-key <path>', 'PEM file of its key (default: it is in --tls-cert)')
}

/** Checks and applies them; what concerns logs goes into the environment, so that child processes have it too. */
export async function applyCommonOptions(options: CommonOptions, { preloadHere = true } = {}): Promise<void> {
  requireLoopback(options.host, options.insecure === true || tlsIn(options) !== undefined)
  process.env.HEDDLE_LOG_LEVEL = options.logLevel ?? process.env.HEDDLE_LOG_LEVEL ?? 'info'
  if (options.logFormat !== undefined) process.env.HEDDLE_LOG_FORMAT = options.logFormat
  holdPidFile(options.pidFile)
  if (preloadHere) await importPreloads(options.preload.map(preloadUrl))
}

/** The certificates of a command line. @throws OptionError when it names some of them only. */
export function tlsIn({ tlsCaFile: ca, tlsCert: cert, tlsKey: key }: TlsFlags): TlsOptions | undefined {
  if (ca === undefined && cert === undefined && key === undefined) return undefined
  if (ca !== undefined && cert !== undefined) return key === undefined ? { ca, cert } : { ca, cert, key }
  throw new OptionError('--tls-ca-file', 'TLS needs --tls-ca-file and --tls-cert, both')
}

/** A further spelling of an option, kept for those who come from Dask; not shown in the help. */
export function oldSpelling(flags: string, parse: (text: string) => unknown = (text) => text): Option {
  return new Option(flags).hideHelp().argParser(parse)
}
