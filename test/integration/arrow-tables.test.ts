import { Table, tableFromIPC } from 'apache-arrow'
import { Client, LocalCluster } from 'heddle'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTable } from './arrow-tasks.js'

let cluster: LocalCluster
let client: Client

beforeAll(async () => {
  cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 2 })
  client = await Client.connect(cluster)
})

afterAll(async () => {
  await client?.close()
  await cluster?.close()
})

const tasks = () => client.module<typeof import('./arrow-tasks.js')>(new URL('./arrow-tasks.ts', import.meta.url))

test("a task's own functions of apache-arrow know the tables that it is given", async () => {
  const { toIPC, makeTable: make } = await tasks()
  const table = makeTable(2000)
  const [given, made] = await client.gather([
    client.submit(toIPC, table),
    client.submit(toIPC, client.submit(make, 2000)),
  ])
  for (const bytes of [given, made]) {
    expect(String(tableFromIPC(bytes).get(1999))).toBe(String(table.get(1999)))
  }
})

test('a table that a task makes is one here', async () => {
  const { makeTable: make } = await tasks()
  const table = await client.submit(make, 1000).result()
  expect(table).toBeInstanceOf(Table)
  expect(table.getChild('double')?.get(999)).toBe(499.5)
})
