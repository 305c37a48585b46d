/** F21: one result beyond 2 GiB, which no process on its way may have twice, and the scheduler not at all. */
import { readFileSync } from 'node:fs'
import { Client, LocalCluster } from 'heddle'
import { afterEach, expect, test } from 'vitest'

const MB = 1e6
const BYTES = 2200 * MB
/** Worker and client have the value at the same time. */
const NEEDED = 2.5 * BYTES
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

function kilobytes(file: string, name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(file, 'utf8'))?.[1])
}

/** The most that a process ever had in memory. */
const peakOf = (pid: number | 'self') => kilobytes(`/proc/${pid}/status`, 'VmHWM') * 1024
const parentOf = (pid: number) => kilobytes(`/proc/${pid}/status`, 'PPid')

const available = kilobytes('/proc/meminfo', 'MemAvailable') * 1024
const isTooSmall = available < NEEDED
if (isTooSmall)
  console.warn(`SKIPPED: a result of 2.2 GB needs ${NEEDED / 1e9} GB, and ${available / 1e9} are available`)

test.skipIf(isTooSmall)(
  'F21 a result of 2.2 GB is right, goes from the worker to the client at once, and is nowhere twice',
  { timeout: 120_000 },
  async () => {
    const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, memoryLimit: 3 * BYTES })
    open.push(cluster)
    const client = await Client.connect(cluster)
    open.push(client)
    const tasks = await client.module<typeof import('./shared-tasks.js')>(new URL('./shared-tasks.ts', import.meta.url))
    const { pid } = cluster.workers[0]!
    await client.submit(tasks.large, 1000).result()
    const before = [pid, parentOf(pid), 'self' as const].map(peakOf)
    const value = await client.submit(tasks.large, BYTES).result()
    expect([value.length, value[0], value.at(-2), value.at(-1)]).toEqual([BYTES, 1, 0, 2])
    const [worker, scheduler, here] = [pid, parentOf(pid), 'self' as const].map((one, i) => peakOf(one) - before[i]!)
    expect(scheduler).toBeLessThan(64 * MB)
    expect(worker).toBeLessThan(1.2 * BYTES)
    expect(here).toBeLessThan(1.2 * BYTES)
  },
)
