import { totalmem } from 'node:os'
import { OptionError } from '../errors.js'
import { parseBytes } from './bytes.js'

/** Threads that one worker process carries well; above, another process is started. */
const THREADS_PER_WORKER = 8

/** How many worker processes a machine gets unless told otherwise: one for each 8 cores, begun or whole. */
export function defaultWorkers(cores: number): number {
  return Math.ceil(cores / THREADS_PER_WORKER)
}

/** The cores shared out among `workers`: as equal as can be, in sum `cores`, and at least 1 each. */
export function shareThreads(cores: number, workers: number): number[] {
  const floor = Math.floor(cores / workers)
  return Array.from({ length: workers }, (_, i) => Math.max(1, floor + (i < cores % workers ? 1 : 0)))
}

/**
 * The memory limit of one of `workers` workers, in bytes; `undefined`: no limit. `auto` (the default) is this
 * machine's memory, or its container's, in equal parts; a number up to 1 is a share of the machine's; `0` and `none`
 * are no limit.
 * @throws OptionError when it is neither of these nor a size.
 */
export function memoryLimitBytes(limit: number | string | undefined, workers: number): number | undefined {
  if (limit === undefined || limit === 'auto') return Math.floor(machineMemory() / workers)
  if (limit === 'none' || Number(limit) === 0) return undefined
  const share = Number(limit)
  if (share > 0 && share <= 1) return Math.floor(machineMemory() * share)
  return parseBytes('memoryLimit', limit)
}

/** Bytes that this process's machine, or the container it is in, has. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/** @throws OptionError unless `value` is a whole number of at least `least`. */
export function checkCount(option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new OptionError(option, `${String(value)} is not a whole number of at least ${least}`)
}
