import { InvalidArgumentError } from 'commander'
import { parseBytes } from '../config/bytes.js'
import type { Duration } from '../util/duration.js'

/** A port of 0 to 65535; 0 is any free one. */
export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError(`'${text}' is not a port (0 to 65535).`)
}

/** The port of `8787`, `:8787` or `127.0.0.1:8787`. */
export function parseDashboardAddress(text: string): number {
  return parsePort(text.slice(text.lastIndexOf(':') + 1))
}

/** One port, or a range as in `9000:9026`: the ports that several workers take, one each. */
export function parsePorts(text: string): number[] {
  const [first, last = first] = text.split(':').map(parsePort) as [number, number?]
  if (last >= first && text.split(':').length <= 2) return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  throw new InvalidArgumentError(`'${text}' is not a range of ports, as 9000:9026 is.`)
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count >= 1 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError(`'${text}' is not a whole number of at least 1.`)
}

/** `gpu=2 mem=10e9` (or with commas) as a record; an amount may have a unit of bytes. */
export function parseResources(text: string): Record<string, number> {
  const pairs = text.split(/[\s,]+/).filter((part) => part !== '')
  return Object.fromEntries(pairs.map(parseResource))
}

function parseResource(pair: string): [string, number] {
  const [, name, amount] = /^([^=]+)=(.+)$/.exec(pair) ?? []
  if (name === undefined || amount === undefined) {
    throw new InvalidArgumentError(`'${pair}' is not a resource; write NAME=AMOUNT, as in gpu=2.`)
  }
  return [name, Number.isFinite(Number(amount)) ? positive(pair, Number(amount)) : parseBytes('resources', amount)]
}

function positive(pair: string, amount: number): number {
  if (amount >= 0) return amount
  throw new InvalidArgumentError(`'${pair}': an amount cannot be negative.`)
}

/** `90s`, `5m`; a bare number is seconds, as for Dask's commands. */
export function parseDuration(text: string): Duration {
  if (/^\d+(\.\d+)?$/.test(text)) return `${Number(text)}s`
  if (/^\d+(\.\d+)?(ms|s|m|h)$/.test(text)) return text as Duration
  throw new InvalidArgumentError(`'${text}' is not a duration; write 30s, 5m or a number of seconds.`)
}

/** A share up to 1, or `false` for never. */
export function parseShare(text: string): number | false {
  if (text === 'false' || text === 'none') return false
  const share = Number(text)
  if (text.trim() !== '' && share > 0 && share <= 1) return share
  throw new InvalidArgumentError(`'${text}' is not a share as 0.6 is, nor false.`)
}

/** Gathers the values of an option that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}
