import { basename } from 'node:path'
import { Client, LocalCluster, task } from 'heddle'
import { halve } from './halve.js'

const STEP = 5
const work = (x) => halve(x) + STEP

const less = task(import.meta, (x) => work(x) - STEP)
const more = task(import.meta, (x) => work(x) + 1)

const cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
const client = await Client.connect(cluster)

console.log('inline', await client.submit((x) => x + 1, 2).result())
console.log('import', await client.submit(async (path) => (await import('node:path')).basename(path), '/a/b').result())
console.log('task', await client.submit(task(import.meta, work), 14).result(), await client.submit(less, 14).result(), await client.submit(more, 14).result())

const tasks = await client.module('./tasks.js')
console.log('module', await client.submit(tasks.twice, 4).result())
console.log('map', await client.gather(client.map(tasks.twice, [1, 2, 3])))

const error = await client.submit(tasks.fail, { x: 3 }).result().catch((error) => error)
console.log('stack', error.name, error.message, basename(/\((.*?):\d+\)/.exec(error.stack)[1]))

try {
  client.submit((x) => halve(x), 1)
} catch ({ code, message }) {
  console.log('capture', code, /at (\S+) uses (?:the import )?'(\w+)'/.exec(message).slice(1).join(' '))
}

await client.close()
await cluster.close()
