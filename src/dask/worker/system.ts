/** What Dask's dashboard shows of a worker's machine, where the system tells it (Linux); else zeros. */
import { readdirSync, readFileSync } from 'node:fs'

const LOOPBACK = 'lo'

interface Traffic {
  readonly read: number
  readonly written: number
  readonly at: number
}

let last: Traffic | undefined

/** Bytes per second that the machine's network cards have read and written since the last call. */
export function networkTraffic(): { read_bps: number; write_bps: number } {
  const before = last
  const now = trafficSoFar()
  last = now
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  if (before === undefined || seconds <= 0) return { read_bps: 0, write_bps: 0 }
  return { read_bps: (now.read - before.read) / seconds, write_bps: (now.written - before.written) / seconds }
}

/** Open files and sockets of this process. */
export function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

function trafficSoFar(): Traffic {
  let read = 0
  let written = 0
  for (const line of linesOf('/proc/net/dev').slice(2)) {
    const [name, counts = ''] = line.split(':')
    const numbers = counts.trim().split(/\s+/).map(Number)
    if (name?.trim() === LOOPBACK) continue
    read += numbers[0] || 0
    written += numbers[8] || 0
  }
  return { read, written, at: performance.now() }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
