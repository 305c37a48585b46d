/** Idea 13: the threads of a worker share what they are given. */
import { readFileSync } from 'node:fs'
import { tableFromArrays } from 'apache-arrow'
import { Client, type Future, LocalCluster } from 'heddle'
import { afterEach, expect, test } from 'vitest'

const THREADS = 8
const ROWS = 50e6
const TABLE_BYTES = 8 * ROWS
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

const rssOf = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

function tableOf(rows: number) {
  return tableFromArrays({ x: new Float64Array(rows).fill(1) })
}

test('a table of 400 MB that eight threads of a worker use takes its size once', { timeout: 120_000 }, async () => {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: THREADS })
  open.push(cluster)
  const client = await Client.connect(cluster)
  open.push(client)
  const { readAll } = await client.module<typeof import('./shared-tasks.js')>(
    new URL('./shared-tasks.ts', import.meta.url),
  )
  const { pid } = cluster.workers[0]!
  /** Until every thread has read it, twice; gives the most memory that the worker had meanwhile. */
  const useEverywhere = async (table: Future<ReturnType<typeof tableOf>>, sum: number) => {
    let highest = rssOf(pid)
    const times = new Map<number, number>()
    while (times.size < THREADS || Math.min(...times.values()) < 2) {
      const ends = await client.gather(Array.from({ length: 2 * THREADS }, () => client.submit(readAll, table)))
      for (const end of ends) {
        expect(end.sum).toBe(sum)
        times.set(end.thread, (times.get(end.thread) ?? 0) + 1)
      }
      highest = Math.max(highest, rssOf(pid))
    }
    return highest
  }
  const before = await useEverywhere(await client.scatter(tableOf(512)), 1)
  const highest = await useEverywhere(await client.scatter(tableOf(ROWS)), Math.ceil(ROWS / 512))
  expect(highest - before).toBeGreaterThan(0.9 * TABLE_BYTES)
  expect(highest - before).toBeLessThan(1.2 * TABLE_BYTES)
})
