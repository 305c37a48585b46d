/** The fields of one log record, as they come out of the JSON line. */
export type LogRecord = Readonly<Record<string, unknown>>

const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const RESET = '\u001b[0m'
const SHOWN_OTHERWISE = new Set(['level', 'time', 'name', 'msg', 'pid', 'hostname'])

/**
 * One record as one line for people: `12:04:11.024 warn  worker: lost the scheduler  address=tcp://…`.
 * Control characters are escaped, so that text from elsewhere can neither forge a line nor steer a terminal.
 */
export function prettyLine(record: LogRecord, colour = false): string {
  const level = String(record.level)
  const tint = colour ? (COLOURS[level] ?? '') : ''
  const head = `${clock(record.time)} ${level.padEnd(5)} ${plain(String(record.name))}: ${plain(String(record.msg ?? ''))}`
  const line = [head, ...fields(record)].join('  ')
  return tint ? `${tint}${line}${RESET}` : line
}

function clock(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : 0)
  const two = (n: number) => String(n).padStart(2, '0')
  const millis = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}

function fields(record: LogRecord): string[] {
  const shown = Object.entries(record).filter(([name]) => !SHOWN_OTHERWISE.has(name))
  return shown.map(([name, value]) => `${name}=${fieldValue(value)}`)
}

function fieldValue(value: unknown): string {
  if (isErrorRecord(value)) return plain(value.stack ?? value.message)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return plain(/\s/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text)
}

function isErrorRecord(value: unknown): value is { message: string; stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'type' in value
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => JSON.stringify(char).slice(1, -1))
}
