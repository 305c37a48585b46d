/** Results that are larger than a worker's memory, in worker processes with small limits. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, LocalCluster } from 'heddle'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MB = 1e6
let folder: string
const open: { close(): Promise<unknown> }[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-memory-'))
})

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: Parameters<typeof LocalCluster.start>[0]) {
  const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 2, localDirectory: folder, ...options })
  const client = await Client.connect(cluster.address)
  open.push(cluster, client)
  return { cluster, client, pids: () => cluster.workers.map(({ pid }) => pid) }
}

const make = (i: number) => new Float64Array(1e6).fill(i)
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0)

/** Where the worker writes. */
function spilled(): string[] {
  for (const outer of readdirSync(folder))
    for (const inner of readdirSync(join(folder, outer))) {
      const directory = join(folder, outer, inner, 'spilled')
      if (existsSync(directory)) return readdirSync(directory).map((name) => join(directory, name))
    }
  return []
}

test('a graph whose results are three times the limit of its worker finishes, in the same process', {
  timeout: 60_000,
}, async () => {
  const { client, pids } = await start({ memoryLimit: 500 * MB })
  const before = pids()
  const numbers = Array.from({ length: 190 }, (_, i) => i)
  const made = client.map(make, numbers)
  await client.gather(client.map((values: Float64Array) => values.length, made))
  expect(spilled().length).toBeGreaterThan(50)
  const sums = await client.gather(client.map(sum, made))
  expect(sums).toEqual(numbers.map((i) => i * 1e6))
  expect((await made[3]!.result())[17]).toBe(3)
  expect(pids()).toEqual(before)
})
