/**
 * Three million flights on a cluster of this machine: a scheduler and two workers, each a process of its own.
 *
 *   npm start
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Client, LocalCluster } from 'heddle'
import { Progress } from './progress.js'
import { hoursReport, movedReport, tableOf, workersReport } from './report.js'

const FILE = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-3m.parquet')
const ROW_GROUPS = 11
const BUCKETS = 4

async function main(): Promise<void> {
  const begun = performance.now()
  const cluster = await LocalCluster.start({ workers: ['alice', 'bob'], threadsPerWorker: 1 })
  const client = await Client.connect(cluster)
  try {
    console.log(`scheduler ${cluster.address}`)
    for (const { name, address, pid } of cluster.workers) console.log(`worker    ${address}  ${name}, process ${pid}`)
    await analyse(client)
    console.log(`\n${((performance.now() - begun) / 1000).toFixed(1)} s in all, the start of the cluster included`)
  } finally {
    await client.close()
    await cluster.close()
  }
}

async function analyse(client: Client): Promise<void> {
  const tasks = await client.module<typeof import('./tasks.js')>('./tasks.ts')
  const groups = Array.from({ length: ROW_GROUPS }, (_, i) => i)
  const buckets = Array.from({ length: BUCKETS }, (_, i) => i)

  // Futures as arguments: what a task gives stays on its worker until another task needs it.
  const parts = client.map(tasks.load, FILE, groups)
  const hours = client.map(tasks.byHour, parts)
  const pieces = buckets.map((bucket) => client.map(tasks.cut, parts, bucket, BUCKETS))
  const delays = client.map(tasks.airportDelays, pieces)
  const day = client.submit(tasks.addHours, hours)
  const top = client.submit(tasks.busiest, delays, 10)

  const progress = new Progress({ read: parts, 'by hour': hours, cut: pieces.flat(), 'by airport': delays })
  await progress.follow()

  console.log('\nHow late flights leave the ten busiest airports of the US, January to June 2001\n')
  console.log(tableOf(await top.result()))
  console.log('\nMinutes late by hour of departure\n')
  console.log(hoursReport(await day.result()))
  console.log('\nWhat is held where, and what moved from worker to worker\n')
  console.log(workersReport(await client.workers()))
  console.log(movedReport(pieces.flat(), await client.whoHas(pieces.flat())))
}

await main()
