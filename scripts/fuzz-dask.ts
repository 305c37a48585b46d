/**
 * Reads hostile pickles, a million unless told otherwise, and a tenth as many of each other kind of input that Dask's
 * nodes send; says how long the slowest took and how much memory is held at the end. Ends with 1 when one of them was
 * more than an error.
 *
 *   npx tsx --expose-gc scripts/fuzz-dask.ts [COUNT] [SEED] [KIND]
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { learnFamily } from '../src/dask/wire/serialized.js'
import { importArrow } from '../src/values/arrow-module.js'
import { hostile, KINDS, randomFrom, survive } from '../test/property/hostile-dask.js'

const pickles = Number(process.argv[2] ?? 1e6)
const first = Number(process.argv[3] ?? 1)
const only = process.argv[4]
const MB = 1024 * 1024

learnFamily()
await importArrow()

let isBroken = false
for (const kind of KINDS) {
  if (only !== undefined && kind.name !== only) continue
  const count = Math.ceil(kind.name === 'pickles' ? pickles : pickles / 10)
  const started = performance.now()
  const before = held()
  let slowest = { ms: 0, seed: 0 }
  let values = 0
  let peak = 0
  for (let seed = first; seed < first + count; seed++) {
    const frames = hostile(kind, randomFrom(seed))
    const begun = performance.now()
    try {
      if (survive(kind, frames) === undefined) values++
    } catch (error) {
      isBroken = true
      console.error(`${kind.name}, seed ${seed}:`, error)
    }
    const ms = performance.now() - begun
    if (ms > slowest.ms) slowest = { ms, seed }
    // As in a node: what zlib holds for a stream that failed goes only when the event loop turns.
    if (seed % 100 === 0) await nextTurn()
    if (seed % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  const share = Math.round((100 * values) / count)
  console.log(
    `${kind.name}: ${count} in ${seconds} s, ${share} % still values; slowest ${slowest.ms.toFixed(0)} ms ` +
      `(seed ${slowest.seed}); peak ${Math.round(peak / MB)} MB, held more at the end ${Math.round((held() - before) / MB)} MB`,
  )
}
process.exitCode = isBroken ? 1 : 0

/** Bytes in use, after what is not needed has gone. */
function held(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
