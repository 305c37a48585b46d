import { readFileSync } from 'node:fs'

/** Bytes that process `pid` has in memory; `undefined` when it is gone, or on systems without /proc. */
export function rssOf(pid: number): number | undefined {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return line ? Number(line[1]) * 1024 : undefined
  } catch {
    return undefined
  }
}
