import { totalmem } from 'node:os'
import { Arena } from './arena.js'

/** An arena whose bounds suit a worker that may use so much memory. Default: all of this machine. */
export function arenaForLimit(memoryLimit: number = totalmem()): Arena {
  return new Arena({ keepBytes: memoryLimit / 10, slackBytes: Math.min(256 * 2 ** 20, memoryLimit / 20) })
}
