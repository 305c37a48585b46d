import { totalmem } from 'node:os'
import { Arena } from './arena.js'

/** Shares of the memory of a worker, with a limit that its guard sees to, and without. */
const KEEP = { limited: 1 / 5, unlimited: 1 / 10 }

/** An arena whose bounds suit a worker that may use so much memory. Default: all of this machine. */
export function arenaForLimit(memoryLimit?: number): Arena {
  const bytes = memoryLimit ?? totalmem()
  const keepBytes = bytes * (memoryLimit === undefined ? KEEP.unlimited : KEEP.limited)
  return new Arena({ keepBytes, slackBytes: Math.min(256 * 2 ** 20, bytes / 20) })
}
