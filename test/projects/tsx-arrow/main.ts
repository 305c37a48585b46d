/** A program that is run by tsx: prints whether each table that it gets is of the copy of apache-arrow that it imports. */
import { Schema, type Table, tableFromArrays } from 'apache-arrow'
import { Client, LocalCluster, rpc, type WorkerApi } from 'heddle'

const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1, inproc: true })
const client = await Client.connect(cluster)
const api = rpc<WorkerApi>(cluster.workers[0]!.address)
const table = tableFromArrays({ x: [1, 2, 3] })
const isOurs = ({ schema }: Table) => schema.constructor === Schema

/** Imports it after its inputs have come. */
async function know(given: Table): Promise<boolean> {
  const { Schema } = await import('apache-arrow')
  return given.schema.constructor === Schema
}

if (process.env.WAY === 'rpc') {
  await api.updateData({ data: { table } })
  console.log('rpc', isOurs((await api.getData({ keys: ['table'] })).table as Table))
} else if (process.env.WAY === 'run') {
  const [ran] = Object.values(await client.run((given: Table) => given, table))
  console.log('run', isOurs(ran as Table))
} else console.log('input', await client.submit(know, await client.scatter(table)).result())

await client.close()
await cluster.close()
