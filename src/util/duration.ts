import { OptionError } from '../errors.js'

/** A length of time: a number of milliseconds, or text with a unit: `'250ms'`, `'1.5s'`, `'2m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** The longest time that a timer of the platform can wait. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * Milliseconds of `value`.
 * @throws OptionError, under the name `option`, when it is no length of time from 0 to 24 days.
 */
export function toMs(value: Duration, option: string): number {
  const ms = typeof value === 'string' ? parse(value) : value
  if (typeof ms === 'number' && ms >= 0 && ms <= LONGEST_MS) return ms
  const given = typeof value === 'string' ? `'${value}'` : String(value)
  throw new OptionError(
    option,
    `${given} is no duration; use milliseconds, or text such as '250ms', '1s', '5m', '1h' (at most 24 days)`,
  )
}

function parse(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)\s*$/.exec(text)
  return match ? Number(match[1]) * (UNITS[match[2] as string] as number) : Number.NaN
}

/** `ms` for people: `40 ms`, `1.95 s`. */
export function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toPrecision(3))} s`
}
