import { formatBytes } from '../config/bytes.js'

/** What is known of a process that ended. */
export interface DeathCertificate {
  readonly name: string
  readonly pid: number
  /** Of the worker in it, if that had registered. */
  readonly address: string | undefined
  readonly exitCode: number | null
  readonly signal: string | null
  /** Milliseconds from its start to its end. */
  readonly livedMs: number
  /** Bytes in memory when last seen; `undefined` where the system does not tell. */
  readonly rss: number | undefined
  /** Bytes it was allowed. */
  readonly memoryLimit: number | undefined
  /** The nanny ended it because it used more memory than allowed. */
  readonly overLimit: boolean
  /** The end of what it wrote to stdout and stderr, oldest first. */
  readonly lastLines: readonly string[]
}

/** The certificate in a sentence or two: who, how, and the probable cause. */
export function describeDeath(certificate: DeathCertificate): string {
  return describe(`worker ${certificate.name} (pid ${certificate.pid})`, certificate)
}

/** The same for where the worker has been named: `pid 812 was killed by SIGKILL; …`. */
export function howItDied(certificate: DeathCertificate): string {
  return describe(`pid ${certificate.pid}`, certificate)
}

function describe(who: string, certificate: DeathCertificate): string {
  const { exitCode, signal } = certificate
  const how = signal === null ? `ended with exit code ${exitCode}` : `was killed by ${signal}`
  return [`${who} ${how}${memory(certificate)}`, cause(certificate)].filter(Boolean).join('. ')
}

function memory({ rss, memoryLimit }: DeathCertificate): string {
  if (rss === undefined) return ''
  const limit = memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`
  return `; memory before the end: ${formatBytes(rss)}${limit}`
}

function cause({ overLimit, signal, exitCode, lastLines }: DeathCertificate): string {
  if (overLimit)
    return 'It used more memory than its limit, so it was ended here: raise memoryLimit, or use less at a time'
  if (signal === 'SIGABRT' || exitCode === 134) return 'It aborted: often one large allocation, or native code'
  if (signal === 'SIGSEGV' || exitCode === 139) return 'It crashed in native code'
  if (signal === 'SIGKILL') return 'Someone killed it, or the system did because memory ran out'
  const last = lastLines.findLast((line) => /\S/.test(line))
  return last === undefined ? '' : `Its last words: ${last.trim()}`
}
