import { VersionError } from '../../errors.js'
import type { Address } from '../../protocol/names.js'

/** Year and month. Before the first graphs had another form; up to the last all of it has been tested. */
const OLDEST = [2025, 4] as const
const TESTED = [2026, 7] as const

/**
 * What a user should know of a scheduler of this version, whose answer to `versions` this is; mostly nothing.
 * @throws VersionError for one that could not take what we send.
 */
export function noteOnVersion(versions: unknown, scheduler: Address): string | undefined {
  const packages = versions instanceof Map ? versions.get('packages') : undefined
  const version: unknown = packages instanceof Map ? packages.get('distributed') : undefined
  const [, year, month] = typeof version === 'string' ? (/^(\d{4})\.(\d+)\./.exec(version) ?? []) : []
  if (year === undefined) return undefined
  const months = 12 * Number(year) + Number(month)
  if (months < monthsOf(OLDEST)) {
    const text = `the scheduler at ${scheduler} is Dask ${version}, which takes tasks in another form than later ones.`
    throw new VersionError(`${text} Dask ${OLDEST.join('.')} and later are understood.`)
  }
  if (months <= monthsOf(TESTED)) return undefined
  return `the scheduler at ${scheduler} is Dask ${version}; up to ${TESTED.join('.')} it has been tested`
}

function monthsOf([year, month]: readonly [number, number]): number {
  return 12 * year + month
}
