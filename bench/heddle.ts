/** Heddle: a scheduler process and two worker processes of one thread each; this process is the client. */
import { Client, LocalCluster, ref, wait } from 'heddle'
import { runCases } from './cases.js'
import { dataCases } from './data-cases.js'
import {
  type Figures,
  latencyFigures,
  median,
  medianSeconds,
  parentOf,
  rssOf,
  secondsOf,
  throughput,
} from './measure.js'
import { add, inc, noop, randomBytes, size } from './tasks.js'

const LEAVES = 4096
const CHAIN = 2000
/** V8's young generation grows by some 30 MB meanwhile, whatever is kept: of 50 k that would be 600 bytes each. */
const KEPT = 200_000
const NBYTES = 256 * 2 ** 20

const begun = performance.now()
const cluster = await LocalCluster.start({ workers: ['alice', 'bob'], threadsPerWorker: 1, memoryLimit: 'none' })
const client = await Client.connect(cluster)
if ((await client.submit(inc, 1).result()) !== 2) throw new Error('1 + 1 is not 2')
const start = (performance.now() - begun) / 1000
const schedulerPid = parentOf(cluster.workers[0]!.pid)!

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

async function mapAndWait(n: number, by = client) {
  const futures = by.map(noop, range(n))
  await wait(futures)
  return futures
}

function released(futures: readonly { release(): void }[]): void {
  for (const future of futures) future.release()
}

const cases: Record<string, () => Promise<Figures>> = {
  async kept() {
    released(await mapAndWait(1000))
    const before = { scheduler: rssOf(schedulerPid), client: rssOf(process.pid) }
    const futures = await mapAndWait(KEPT)
    const figures = {
      schedulerBytes: (rssOf(schedulerPid) - before.scheduler) / KEPT,
      clientBytes: (rssOf(process.pid) - before.client) / KEPT,
    }
    released(futures)
    return figures
  },
  async map10k() {
    for (let i = 0; i < 3; i++) released(await mapAndWait(1000))
    const { perSecond, cpuMicros } = await throughput(10_000, async () => released(await mapAndWait(10_000)))
    return { map10k: perSecond, map10kCpu: cpuMicros }
  },
  async map100k() {
    const { perSecond } = await throughput(100_000, async () => released(await mapAndWait(100_000)))
    return { map100k: perSecond }
  },
  async map10kInproc() {
    const local = await LocalCluster.start({ inproc: true, workers: 1, threadsPerWorker: 2, memoryLimit: 'none' })
    const near = await Client.connect(local)
    const map = (n: number) => mapAndWait(n, near)
    for (let i = 0; i < 3; i++) released(await map(1000))
    const { perSecond } = await throughput(10_000, async () => released(await map(10_000)))
    await near.close()
    await local.close()
    return { map10kInproc: perSecond }
  },
  async latency() {
    return latencyFigures((i) => client.submit(inc, i).result())
  },
  async chain() {
    const seconds = await medianSeconds(async () => {
      let last = client.submit(inc, 0)
      for (let i = 1; i < CHAIN; i++) last = client.submit(inc, last)
      expectEqual(await last.result(), CHAIN)
    })
    return { chain: CHAIN / seconds }
  },
  async chainGraph() {
    const graph: Record<string, readonly [typeof inc, number | ReturnType<typeof ref>]> = { x0: [inc, 0] }
    for (let i = 1; i < CHAIN; i++) graph[`x${i}`] = [inc, ref(`x${i - 1}`)]
    const seconds = await medianSeconds(async () => expectEqual(await client.get(graph, `x${CHAIN - 1}`), CHAIN))
    return { chainGraph: CHAIN / seconds }
  },
  async tree() {
    const seconds = await medianSeconds(async () => {
      let level = client.map(inc, range(LEAVES))
      while (level.length > 1)
        level = range(level.length / 2).map((i) => client.submit(add, level[2 * i]!, level[2 * i + 1]!))
      expectEqual(await level[0]!.result(), (LEAVES * (LEAVES + 1)) / 2)
    })
    return { tree: (2 * LEAVES - 1) / seconds }
  },
  async scatter() {
    const values = range(10_000)
    const scatter = await medianSeconds(async () => released(await client.scatterAll(values)))
    const futures = await client.scatterAll(values)
    const gather = await medianSeconds(async () => expectEqual((await client.gather(futures))[9_999], 9_999))
    released(futures)
    return { scatter, gather }
  },
  async transfer() {
    const rates: number[] = []
    for (let i = 0; i < 6; i++) {
      const bytes = client.with({ workers: 'alice' }).submit(randomBytes, NBYTES)
      await wait([bytes])
      const seconds = await secondsOf(async () => {
        expectEqual(await client.with({ workers: 'bob' }).submit(size, bytes).result(), NBYTES)
      })
      rates.push(NBYTES / seconds / 1e9)
      bytes.release()
    }
    return { transferFirst: rates[0]!, transfer: median(rates.slice(1)) }
  },
  ...dataCases(client),
}

function expectEqual(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${found} is not ${wanted}`)
}

const outcome = { versions: { heddle: '0.1.0', node: process.versions.node }, figures: { start }, failed: [] }
await runCases(outcome, cases, process.argv[2]?.split(','))
await client.close()
await cluster.close()
