import { OptionError } from '../errors.js'
import { parseBytes } from './bytes.js'

/** At which share of its memory limit a worker does what; `false`: never. */
export interface MemoryThresholds {
  /** Results in memory beyond it go to disk, the least recently used first. Default 0.6. */
  readonly memoryTarget?: number | false | undefined
  /** When all memory in use is beyond it, results go to disk until it is below the target. Default 0.7. */
  readonly memorySpill?: number | false | undefined
  /** Beyond it no task is started and nothing is fetched. Default 0.8. */
  readonly memoryPause?: number | false | undefined
  /** A nanny ends a worker beyond it, and starts another. Default 0.95. */
  readonly memoryTerminate?: number | false | undefined
  /** What a worker may have on disk: bytes, or `'4GB'`. Default false: as much as there is room for. */
  readonly maxSpill?: number | string | false | undefined
}

/** The thresholds with everything filled in. */
export interface CheckedThresholds {
  readonly target: number | false
  readonly spill: number | false
  readonly pause: number | false
  readonly terminate: number | false
  /** Bytes. */
  readonly maxSpill: number | undefined
}

/** The names, for those who pass them on. */
export const THRESHOLDS = ['memoryTarget', 'memorySpill', 'memoryPause', 'memoryTerminate', 'maxSpill'] as const

/** @throws OptionError for what is no share, and when one that comes later lies below one that comes before. */
export function checkThresholds(options: MemoryThresholds): CheckedThresholds {
  const target = checkShare('memoryTarget', options.memoryTarget, 0.6)
  const spill = checkShare('memorySpill', options.memorySpill, 0.7)
  const pause = checkShare('memoryPause', options.memoryPause, 0.8)
  const terminate = checkShare('memoryTerminate', options.memoryTerminate, 0.95)
  checkOrder({ memoryTarget: target, memorySpill: spill, memoryPause: pause, memoryTerminate: terminate })
  const { maxSpill = false } = options
  return {
    target,
    spill,
    pause,
    terminate,
    maxSpill: maxSpill === false ? undefined : parseBytes('maxSpill', maxSpill),
  }
}

/** Those of the options that are given. */
export function pickThresholds(options: MemoryThresholds): MemoryThresholds {
  return Object.fromEntries(
    THRESHOLDS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

function checkShare(option: string, share: number | false | undefined, otherwise: number): number | false {
  if (share === undefined) return otherwise
  if (share === false || (typeof share === 'number' && share > 0 && share <= 1)) return share
  throw new OptionError(option, `${String(share)} is no share of the memory limit; give one up to 1, or false`)
}

function checkOrder(shares: Readonly<Record<string, number | false>>): void {
  let last: [string, number] = ['', 0]
  for (const [option, share] of Object.entries(shares)) {
    if (share === false) continue
    const [before, least] = last
    if (share < least)
      throw new OptionError(option, `${share} lies below ${before} (${least}), which has to come first`)
    last = [option, share]
  }
}
