/**
 * The executor alone: no-op tasks through its threads, and one at a time.
 * `npm run build && npx tsx bench/micro/executor.ts [tasks]`: tasks/s and CPU of all threads per task (medians of five
 * rounds), milliseconds from submit to outcome.
 */
import { ship } from '../../src/code/identity.js'
import { encode } from '../../src/values/encode.js'
import type { Outcome } from '../../src/worker/executor/executor.js'
import { ThreadExecutor } from '../../src/worker/executor/thread-executor.js'
import { median } from '../measure.js'

const TASKS = Number(process.argv[2] ?? 100_000)
const ENTRY = new URL('../../dist/thread-entry.js', import.meta.url)
const inc = ship((x: number) => x + 1)
const args = encode([1])

class Bench {
  readonly executor: ThreadExecutor
  #ids = 0
  onOutcome: (outcome: Outcome) => void = () => {}

  constructor(nthreads: number) {
    this.executor = new ThreadExecutor({ nthreads, entry: ENTRY })
  }

  async start(): Promise<void> {
    await this.executor.start({ onOutcome: (_, outcome) => this.onOutcome(outcome) })
    this.executor.addCode(inc.artefact)
  }

  submit(): void {
    const id = ++this.#ids
    const key = `inc-${id}`
    this.executor.submit({ id, key, runId: id, attempt: 1, function: inc.ref, args, inputs: new Map() })
  }

  /** As a worker does: as many at once as the executor likes to hold. */
  many(count: number): Promise<void> {
    let given = 0
    let done = 0
    let scheduled = false
    const feed = () => {
      scheduled = false
      const { appetite } = this.executor.stats
      for (; given < count && given - done < appetite; given++) this.submit()
    }
    return new Promise((resolve) => {
      this.onOutcome = () => {
        done++
        if (done === count) resolve()
        if (scheduled) return
        scheduled = true
        setImmediate(feed)
      }
      feed()
    })
  }

  one(): Promise<number> {
    const start = performance.now()
    return new Promise((resolve) => {
      this.onOutcome = () => resolve(performance.now() - start)
      this.submit()
    })
  }
}

for (const nthreads of [1, 2]) {
  const bench = new Bench(nthreads)
  await bench.start()
  const rounds: { perSecond: number; cpu: number }[] = []
  for (let round = 0; round < 6; round++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    await bench.many(TASKS)
    const { user, system } = process.cpuUsage(cpu)
    rounds.push({ perSecond: (TASKS / (performance.now() - start)) * 1000, cpu: (user + system) / TASKS })
  }
  // The first warms up.
  const warm = rounds.slice(1)
  const latencies: number[] = []
  for (let i = 0; i < 3000; i++) latencies.push(await bench.one())
  latencies.sort((a, b) => a - b)
  console.log(
    `${nthreads} threads  ${Math.round(median(warm.map(({ perSecond }) => perSecond)))} tasks/s  ` +
      `${median(warm.map(({ cpu }) => cpu)).toFixed(1)} µs CPU  ` +
      `p50 ${latencies[1500]?.toFixed(3)} ms  p99 ${latencies[2970]?.toFixed(3)} ms`,
  )
  await bench.executor.close()
}
