/** Timing, CPU and memory of this process and those it started, read from the system. Linux. */
import { readdirSync, readFileSync } from 'node:fs'

/** What a suite measured, by the names in `figures.ts`. */
export type Figures = Record<string, number>

const TICKS_PER_SECOND = 100
const PAGE = 4096

/** The middle of the sorted values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.floor(middle - 0.5)]! + sorted[Math.ceil(middle - 0.5)]!) / 2
}

/** Seconds that `work` takes. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** The median time of `runs` runs; none is begun after `budget` seconds. */
export async function medianSeconds(work: () => unknown, { runs = 3, budget = 5 } = {}): Promise<number> {
  const times: number[] = []
  let spent = 0
  while (times.length < runs && spent < budget) {
    const time = await secondsOf(work)
    times.push(time)
    spent += time
  }
  return median(times)
}

/** Milliseconds of one call after the other: half and 99 of 100 are below. */
export async function latencies(
  call: (i: number) => Promise<unknown>,
  { runs = 500, warmUp = 50 } = {},
): Promise<{ p50: number; p99: number }> {
  for (let i = 0; i < warmUp; i++) await call(i)
  const ms: number[] = []
  for (let i = 0; i < runs; i++) ms.push(1000 * (await secondsOf(() => call(i))))
  ms.sort((a, b) => a - b)
  return { p50: ms[Math.floor(runs / 2)]!, p99: ms[Math.floor(runs * 0.99)]! }
}

/** Of the first calls, and of later ones: V8 has compiled by then what it compiles at all. */
export async function latencyFigures(call: (i: number) => Promise<unknown>): Promise<Figures> {
  const { p50, p99 } = await latencies(call)
  const { p50: steady } = await latencies(call, { warmUp: 2000 })
  return { latencyP50: p50, latencyP99: p99, latencySteadyP50: steady }
}

/** Tasks per second of a batch of `n`, and CPU microseconds per task of all processes together. */
export async function throughput(
  n: number,
  batch: () => Promise<unknown>,
): Promise<{ perSecond: number; cpuMicros: number }> {
  const rates: number[] = []
  const costs: number[] = []
  let spent = 0
  while (rates.length < 3 && spent < 8) {
    const before = cpuSeconds(family())
    const time = await secondsOf(batch)
    costs.push(((cpuSeconds(family()) - before) / n) * 1e6)
    rates.push(n / time)
    spent += time
  }
  return { perSecond: median(rates), cpuMicros: median(costs) }
}

/** Bytes of memory that a process occupies. */
export function rssOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE
}

/** The most bytes of memory that a process has occupied. */
export function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** This process and everything that it started, directly or not. */
export function family(root = process.pid): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

/** The process that started `pid`; `undefined` when that is gone. */
export function parentOf(pid: number): number | undefined {
  return statOf(pid)?.[1]
}

/** Including what ended children used. */
function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = statOf(pid)
    return stat ? sum + (stat[11]! + stat[12]! + stat[13]! + stat[14]!) / TICKS_PER_SECOND : sum
  }, 0)
}

/** The fields behind the name, numbered from the state, which is 0. */
function statOf(pid: number): number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch {
    return undefined
  }
}
