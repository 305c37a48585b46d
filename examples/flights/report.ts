import type { Future, WorkerSummary } from 'heddle'
import type { AirportDelays, Hours } from './tasks.js'

/** One line for each airport. */
export function tableOf(airports: readonly AirportDelays[]): string {
  const rows = airports.map(({ airport, flights, mean, median, p90, onTime }) => [
    airport,
    flights.toLocaleString('en'),
    mean.toFixed(1),
    String(median),
    String(p90),
    `${(onTime * 100).toFixed(1)} %`,
  ])
  return align([['airport', 'flights', 'mean, min', 'median', '90th', 'on time'], ...rows])
}

/** A bar for each hour of the day. */
export function hoursReport({ flights, delay }: Hours): string {
  const means = Array.from(flights, (n, hour) => (n === 0 ? 0 : delay[hour]! / n))
  const most = Math.max(...means)
  return means
    .map((mean, hour) => ({ hour, mean, n: flights[hour]! }))
    .filter(({ n }) => n > 1000)
    .map(({ hour, mean }) => {
      const bar = '▇'.repeat(Math.max(0, Math.round((mean / most) * 40)))
      return `${String(hour).padStart(2, '0')}:00 ${mean.toFixed(1).padStart(6)} ${bar}`
    })
    .join('\n')
}

/** What each worker holds and has fetched from others. */
export function workersReport(workers: ReadonlyMap<string, WorkerSummary>): string {
  const rows = [...workers].map(([address, { name, nbytes, metrics }]) => [
    String(name),
    address,
    megabytes(nbytes),
    `${metrics?.transfer_incoming_count ?? 0} requests, ${megabytes(metrics?.transfer_incoming_bytes ?? 0)}`,
  ])
  return align([['worker', 'address', 'holds', 'fetched from others'], ...rows])
}

/** How many of the pieces are on a worker that did not make them. */
export function movedReport(
  pieces: readonly Future<unknown>[],
  whoHas: ReadonlyMap<string, readonly string[]>,
): string {
  const moved = pieces.filter(({ key }) => (whoHas.get(key)?.length ?? 0) > 1).length
  return `\n${moved} of ${pieces.length} pieces went to the other worker; none passed through the scheduler.`
}

function megabytes(n: number): string {
  return `${(n / 1e6).toFixed(1)} MB`
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   '))
    .join('\n')
}
