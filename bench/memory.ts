/**
 * Results made and released, round after round, on threads that share a limited memory: how large does the process get?
 * `npm run build && npx tsx bench/memory.ts [MiB in all] [MiB each] [limit in MiB] [make | view | copy]`
 * prints the highest RSS (MiB) and GB/s. Default: 10 GiB of 64 MiB results with
 * 1 GiB, each released at once (`make`), seen by another task before (`view`), or turned into another one (`copy`).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Shipped, ship } from '../src/code/identity.js'
import { encodeWithRefs } from '../src/values/encode.js'
import type { Encoded } from '../src/values/encoded.js'
import { FUTURE_KEY } from '../src/values/future-ref.js'
import type { Outcome } from '../src/worker/executor/executor.js'
import { ThreadExecutor } from '../src/worker/executor/thread-executor.js'
import { arenaForLimit } from '../src/worker/memory/arena-for-limit.js'

const MIB = 2 ** 20
const [all = 10_240, each = 64, limit = 1024] = process.argv.slice(2, 5).map(Number)
const mode = process.argv[5] ?? 'make'
const NTHREADS = 2
/** Threads and main are idle for so long, now and then: what an idle thread has seen must not stay. */
const PAUSE_MS = 100

const make = ship((nbytes: number) => new Uint8Array(nbytes).fill(7))
const use = {
  view: ship((x: Uint8Array) => x.length),
  copy: ship((x: Uint8Array) => x.slice()),
}

const memory = arenaForLimit(limit * MIB)
const executor = new ThreadExecutor({
  nthreads: NTHREADS,
  entry: new URL('../dist/thread-entry.js', import.meta.url),
  memory,
})
const waiting = new Map<number, (outcome: Outcome) => void>()
let ids = 0
await executor.start({ onOutcome: ({ id }, outcome) => waiting.get(id)?.(outcome) })
for (const { artefact } of [make, ...Object.values(use)]) executor.addCode(artefact)

async function run({ ref }: Shipped, args: unknown[], inputs: Map<string, Encoded> = new Map()): Promise<Encoded> {
  const id = ++ids
  const outcome = await new Promise<Outcome>((resolve) => {
    waiting.set(id, resolve)
    const { encoded } = encodeWithRefs(args)
    executor.submit({ id, key: `k${id}`, runId: id, attempt: 1, function: ref, args: encoded, inputs })
  })
  waiting.delete(id)
  if (outcome.status !== 'ok') throw new Error(outcome.status)
  memory.retain(outcome.value)
  return outcome.value
}

let left = all / each
async function lane(): Promise<void> {
  while (left-- > 0) {
    const key = `x${left}`
    const value = await run(make, [each * MIB])
    if (mode === 'view' || mode === 'copy') {
      const other = await run(use[mode], [{ [FUTURE_KEY]: key }], new Map([[key, value]]))
      executor.forget([key])
      memory.release(other)
    }
    memory.release(value)
    if (left % 20 === 0) await sleep(PAUSE_MS)
  }
}

const rss = () => process.memoryUsage.rss() / MIB
const before = rss()
let highest = before
const sampler = setInterval(() => {
  highest = Math.max(highest, rss())
}, 2)
const start = performance.now()
await Promise.all(Array.from({ length: NTHREADS }, lane))
const seconds = (performance.now() - start) / 1000
clearInterval(sampler)
console.log(
  JSON.stringify({ mode, highest: Math.round(highest), before: Math.round(before), gbPerSecond: all / 1024 / seconds }),
)
await executor.close()
