/** What runs on the workers. This file and what it imports is bundled and sent there by its hash. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { quantileOf } from './quantile.js'

/** The flights of one row group: columns of equal length. It stays on the worker that read it. */
export interface Part {
  /** Minutes since the start of 2001, by local time of departure. */
  minutes: Int32Array
  /** Minutes late; negative is early. */
  delay: Int16Array
  /** Positions in `airports`. */
  origin: Uint16Array
  airports: string[]
}

/** Delays of some airports' flights, airport after airport: what travels from worker to worker. */
export interface Piece {
  airports: string[]
  /** Flights of each airport. */
  counts: Uint32Array
  delays: Int16Array
}

/** How late flights leave an airport, over all parts: quantiles are exact, so all its delays had to come together. */
export interface AirportDelays {
  airport: string
  flights: number
  mean: number
  median: number
  p90: number
  /** Share of flights less than 15 minutes late. */
  onTime: number
}

/** Flights and summed delay by hour of the day. */
export interface Hours {
  flights: Float64Array
  delay: Float64Array
}

/** Reads one row group of the file. */
export async function load(file: string, rowGroup: number): Promise<Part> {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  const sizes = metadata.row_groups.map(({ num_rows }) => Number(num_rows))
  const rowStart = sizes.slice(0, rowGroup).reduce((sum, n) => sum + n, 0)
  const length = sizes[rowGroup] ?? 0
  const minutes = new Int32Array(length)
  const delay = new Int16Array(length)
  const origin = new Uint16Array(length)
  const positions = new Map<string, number>()
  const positionOf = (airport: string) => {
    const position = positions.get(airport) ?? positions.size
    positions.set(airport, position)
    return position
  }
  await parquetRead({
    file: buffer,
    metadata,
    compressors,
    columns: ['date', 'delay', 'origin'],
    rowStart,
    rowEnd: rowStart + length,
    onChunk: ({ columnName, columnData, rowStart: from }) => {
      const at = from - rowStart
      for (let i = 0; i < columnData.length; i++) {
        const value: unknown = columnData[i]
        if (columnName === 'date') minutes[at + i] = ((value as Date).getTime() - START_OF_2001) / 60_000
        else if (columnName === 'delay') delay[at + i] = Number(value)
        else origin[at + i] = positionOf(value as string)
      }
    },
  })
  return { minutes, delay, origin, airports: [...positions.keys()] }
}

const START_OF_2001 = Date.UTC(2001, 0, 1)

/** Flights and delay of one part by hour. */
export function byHour({ minutes, delay }: Part): Hours {
  const hours: Hours = { flights: new Float64Array(24), delay: new Float64Array(24) }
  for (let i = 0; i < minutes.length; i++) {
    const hour = Math.floor((minutes[i]! % 1440) / 60)
    hours.flights[hour]! += 1
    hours.delay[hour]! += delay[i]!
  }
  return hours
}

/** Adds up what several parts said. */
export function addHours(all: Hours[]): Hours {
  const sum: Hours = { flights: new Float64Array(24), delay: new Float64Array(24) }
  for (const { flights, delay } of all) {
    for (let hour = 0; hour < 24; hour++) {
      sum.flights[hour]! += flights[hour]!
      sum.delay[hour]! += delay[hour]!
    }
  }
  return sum
}

/** The delays of those airports of a part that belong into this bucket: one cell of an all-to-all exchange. */
export function cut({ delay, origin, airports }: Part, bucket: number, buckets: number): Piece {
  const mine = airports.map((airport) => bucketOf(airport, buckets) === bucket)
  const counts = new Uint32Array(airports.length)
  for (let i = 0; i < origin.length; i++) if (mine[origin[i]!]) counts[origin[i]!]! += 1
  const next = new Uint32Array(airports.length)
  let total = 0
  for (let a = 0; a < airports.length; a++) {
    next[a] = total
    total += counts[a]!
  }
  const delays = new Int16Array(total)
  for (let i = 0; i < origin.length; i++) {
    const a = origin[i]!
    if (mine[a]) delays[next[a]!++] = delay[i]!
  }
  return { airports: airports.filter((_, a) => mine[a]), counts: counts.filter((_, a) => mine[a]), delays }
}

function bucketOf(airport: string, buckets: number): number {
  let hash = 7
  for (let i = 0; i < airport.length; i++) hash = (hash * 31 + airport.charCodeAt(i)) >>> 0
  return hash % buckets
}

/** Brings the pieces of one bucket together, from whichever workers have them. */
export function airportDelays(pieces: Piece[]): AirportDelays[] {
  const found = new Map<string, Int16Array[]>()
  for (const { airports, counts, delays } of pieces) {
    let from = 0
    airports.forEach((airport, a) => {
      const part = delays.subarray(from, from + counts[a]!)
      from += counts[a]!
      const parts = found.get(airport)
      if (parts) parts.push(part)
      else found.set(airport, [part])
    })
  }
  return [...found].map(([airport, parts]) => describe(airport, joined(parts)))
}

function describe(airport: string, delays: Int16Array): AirportDelays {
  delays.sort()
  let sum = 0
  let onTime = 0
  for (const minutes of delays) {
    sum += minutes
    if (minutes < 15) onTime++
  }
  const flights = delays.length
  return {
    airport,
    flights,
    mean: sum / flights,
    median: quantileOf(delays, 0.5),
    p90: quantileOf(delays, 0.9),
    onTime: onTime / flights,
  }
}

function joined(parts: Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The airports of all buckets, the busiest first. */
export function busiest(buckets: AirportDelays[][], n: number): AirportDelays[] {
  return buckets
    .flat()
    .sort((a, b) => b.flights - a.flights)
    .slice(0, n)
}
