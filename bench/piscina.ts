/** Piscina: two threads in the client's own process. No cluster, but what one process can do. */
import { readFileSync } from 'node:fs'
import { Piscina } from 'piscina'
import { runCases } from './cases.js'
import { type Figures, latencyFigures, medianSeconds, throughput } from './measure.js'

const LEAVES = 4096
const CHAIN = 2000

const begun = performance.now()
const pool = new Piscina({
  filename: new URL('./piscina-tasks.mjs', import.meta.url).href,
  minThreads: 2,
  maxThreads: 2,
})
await pool.run(1, { name: 'inc' })
const start = (performance.now() - begun) / 1000

const manifest = new URL('../node_modules/piscina/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const map = (n: number) => Promise.all(range(n).map((i) => pool.run(i, { name: 'noop' })))

const cases: Record<string, () => Promise<Figures>> = {
  async map10k() {
    await map(1000)
    const { perSecond, cpuMicros } = await throughput(10_000, () => map(10_000))
    return { map10k: perSecond, map10kCpu: cpuMicros, map10kInproc: perSecond }
  },
  async map100k() {
    return { map100k: (await throughput(100_000, () => map(100_000))).perSecond }
  },
  async latency() {
    return latencyFigures((i) => pool.run(i, { name: 'inc' }))
  },
  async chain() {
    const seconds = await medianSeconds(async () => {
      let x = 0
      for (let i = 0; i < CHAIN; i++) x = await pool.run(x, { name: 'inc' })
    })
    return { chain: CHAIN / seconds }
  },
  async tree() {
    const seconds = await medianSeconds(async () => {
      let level: Promise<number>[] = range(LEAVES).map((i) => pool.run(i, { name: 'inc' }))
      while (level.length > 1) {
        const below = level
        level = range(below.length / 2).map(async (i) =>
          pool.run(await Promise.all([below[2 * i], below[2 * i + 1]]), { name: 'add' }),
        )
      }
      await level[0]
    })
    return { tree: (2 * LEAVES - 1) / seconds }
  },
}

await runCases({ versions: { piscina: version }, figures: { start }, failed: [] }, cases, process.argv[2]?.split(','))
await pool.destroy()
