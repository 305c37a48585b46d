import { OptionError } from '../errors.js'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/**
 * A size in bytes from a number or a text: `'4GB'` (4 · 10⁹), `'4 GiB'` (4 · 2³⁰), `'1e9'`.
 * @throws OptionError that names `option` when it is none.
 */
export function parseBytes(option: string, size: number | string): number {
  const match = /^\s*([0-9.]+(?:e[0-9]+)?)\s*([a-z]*)\s*$/i.exec(String(size))
  const unit = UNITS[(match?.[2] ?? '?').toLowerCase()]
  const bytes = Math.round(Number(match?.[1]) * (unit ?? Number.NaN))
  if (Number.isSafeInteger(bytes)) return bytes
  throw new OptionError(
    option,
    `'${size}' is not a size; write a number of bytes, or one with a unit as in '4GB' or '512MiB'`,
  )
}

/** A size for people: `3.9 GB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : bytes >= 1e3 ? ['kB', 1e3] : ['B', 1]
  return `${Number((bytes / (size as number)).toPrecision(2))} ${unit}`
}
