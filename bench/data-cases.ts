/** Figures of data that moves: many inputs, many peers, much of it, and more than there is memory for. */
import { Client, LocalCluster, rpc, type WorkerApi, wait } from 'heddle'
import { type Figures, latencies, median, medianSeconds, secondsOf } from './measure.js'
import { inc, marked, markOf, mebibytes, noop, SPILLED_FILE_BYTES, SPILLED_FILES, size, spin, sumOf } from './tasks.js'

const NBYTES = 256 * 2 ** 20

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

function expectEqual(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${found} is not ${wanted}`)
}

/** For a client of a cluster of two workers, `alice` and `bob`. */
export function dataCases(client: Client): Record<string, () => Promise<Figures>> {
  return {
    async fanIn() {
      return { fanIn2k: await fanIn(client, 2000), fanIn10k: await fanIn(client, 10_000) }
    },
    async allToAll() {
      return { allToAll16: await allToAll(client, 16), allToAll64: await allToAll(client, 64) }
    },
    async spin() {
      const seconds = await medianSeconds(async () => {
        const futures = client.map(spin, range(2000))
        await wait(futures)
        for (const future of futures) future.release()
      })
      return { spin: 1 / seconds }
    },
    async scatterBytes() {
      const bytes = new Uint8Array(NBYTES).fill(3)
      const rates: number[] = []
      for (let i = 0; i < 5; i++) {
        const seconds = await secondsOf(async () => (await client.scatter(bytes)).release())
        rates.push(NBYTES / seconds / 1e9)
      }
      return { scatterBytes: median(rates) }
    },
    async updateBytes() {
      const [address] = Object.keys(await client.run(noop, 0))
      await using alice = rpc<WorkerApi>(address!)
      const bytes = new Uint8Array(NBYTES).fill(3)
      const rates: number[] = []
      for (let i = 0; i < 5; i++) {
        const seconds = await secondsOf(() => alice.updateData({ data: { bytes } }))
        rates.push(NBYTES / seconds / 1e9)
      }
      await alice.deleteData({ keys: ['bytes'] })
      return { updateBytes: median(rates) }
    },
    async latencyMoving() {
      const big = client.with({ workers: 'alice' }).submit(mebibytes, 1024)
      await wait([big])
      const moving = client.with({ workers: 'bob' }).submit(size, big)
      let isMoving = true
      moving.result().finally(() => {
        isMoving = false
      })
      const ms: number[] = []
      while (isMoving) ms.push((await latencies((i) => client.submit(inc, i).result(), { runs: 1, warmUp: 0 })).p50)
      big.release()
      ms.sort((a, b) => a - b)
      return { latencyMovingP99: ms[Math.floor(ms.length * 0.99)] ?? Number.NaN }
    },
    spill,
  }
}

async function fanIn(client: Client, leaves: number): Promise<number> {
  const seconds = await medianSeconds(async () => {
    const total = client.submit(sumOf, client.map(inc, range(leaves)))
    expectEqual(await total.result(), (leaves * (leaves + 1)) / 2)
    total.release()
  })
  return leaves / seconds
}

/** Each of n tasks of the second row needs all n of the first. */
async function allToAll(client: Client, n: number): Promise<number> {
  const seconds = await medianSeconds(async () => {
    const first = client.map(inc, range(n))
    const sums = await client.gather(range(n).map(() => client.submit(sumOf, first)))
    expectEqual(sums[n - 1], (n * (n + 1)) / 2)
  })
  return (n * n) / seconds
}

/** A worker that may use 768 MB. The first run is not counted: it leaves the memory of the machine as the others find it. */
async function spill(): Promise<Figures> {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, memoryLimit: '768MB' })
  const client = await Client.connect(cluster)
  await spillOnce(client)
  const rates: number[] = []
  for (let i = 0; i < 3; i++) rates.push(await spillOnce(client))
  await client.close()
  await cluster.close()
  return { spill: median(rates) }
}

/** Results that are made for nothing, so that only the disk counts, and used once. */
async function spillOnce(client: Client): Promise<number> {
  const seconds = await secondsOf(async () => {
    const made = client.map(marked, range(SPILLED_FILES))
    await wait(made)
    const marks = await client.gather(made.map((one) => client.submit(markOf, one)))
    expectEqual(marks.join(), range(SPILLED_FILES).join())
    for (const one of made) one.release()
  })
  return (SPILLED_FILES * SPILLED_FILE_BYTES) / seconds / 1e9
}
