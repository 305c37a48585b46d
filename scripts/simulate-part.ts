/** Tries the seeds that its parent sends it, [first, end), and answers with those that fail. */
import { failureOf } from '../src/simulation/shrink.js'

process.on('message', ([first, end]: [number, number]) => {
  const failed: number[] = []
  for (let seed = first; seed < end; seed++) if (failureOf({ seed }) !== undefined) failed.push(seed)
  process.send?.(failed)
})
