import { createRequire } from 'node:module'
import { OptionError } from '../errors.js'
import { type LogRecord, prettyLine } from './pretty.js'

/** Data of a log line beside its text. An Error under any name is written with its stack. */
export type LogFields = Readonly<Record<string, unknown>>

/** What Heddle logs through. `console` is one, winston's loggers are, and a user may bring any other. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
const FORMATS = ['pretty', 'json'] as const

/** The least level that is written; `silent` writes nothing. */
export type LogLevel = (typeof LEVELS)[number]
/** `pretty`: one line for people. `json`: one JSON object a line. */
export type LogFormat = (typeof FORMATS)[number]

export interface LogOptions {
  /** Default: `HEDDLE_LOG_LEVEL`, else `warn`. */
  level?: LogLevel | undefined
  /** Default: `HEDDLE_LOG_FORMAT`, else `pretty`. */
  format?: LogFormat | undefined
  /** Takes each finished line, with its newline. Default: stderr. */
  write?: ((line: string) => void) | undefined
}

/**
 * A logger whose lines carry `name` (`scheduler`, `worker`, …). Making one costs nothing; the library behind it is
 * loaded at the first line that is written.
 * @throws OptionError when the level or the format is none of the known ones.
 */
export function createLogger(name: string, options: LogOptions = {}): Logger {
  const level = oneOf(LEVELS, 'HEDDLE_LOG_LEVEL', options.level) ?? 'warn'
  const format = oneOf(FORMATS, 'HEDDLE_LOG_FORMAT', options.format) ?? 'pretty'
  const sink = { level, format, write: options.write ?? writeToStderr }
  let target: Target | undefined
  const at = (wanted: Exclude<LogLevel, 'silent'>) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(wanted) < LEVELS.indexOf(level)) return
    target ??= openTarget(name, sink)
    target[wanted](fields ?? {}, message)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

type Target = Record<Exclude<LogLevel, 'silent'>, (fields: LogFields, message: string) => void>
type Sink = { level: LogLevel; format: LogFormat; write: (line: string) => void }

function openTarget(name: string, { level, format, write }: Sink): Target {
  const { pino, stdSerializers } = createRequire(import.meta.url)('pino') as typeof import('pino')
  const serializers = { error: stdSerializers.err, err: stdSerializers.err, cause: stdSerializers.err }
  const colour = format === 'pretty' && write === writeToStderr && wantsColour()
  const destination = format === 'json' ? { write } : { write: (line: string) => write(toPretty(line, colour)) }
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ name, level, base: { pid: process.pid }, formatters, serializers }, destination)
}

function toPretty(line: string, colour: boolean): string {
  return `${prettyLine(JSON.parse(line) as LogRecord, colour)}\n`
}

function wantsColour(): boolean {
  return process.stderr.isTTY === true && !process.env.NO_COLOR
}

function writeToStderr(line: string): void {
  process.stderr.write(line)
}

function oneOf<T extends string>(known: readonly T[], variable: string, given: string | undefined): T | undefined {
  const value = given ?? process.env[variable]
  if (value === undefined || value === '') return undefined
  const found = known.find((one) => one === value.toLowerCase())
  if (found === undefined) throw new OptionError(variable, `'${value}' is unknown; use one of ${known.join(', ')}`)
  return found
}
