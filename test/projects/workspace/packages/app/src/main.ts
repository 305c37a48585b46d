import { basename } from 'node:path'
import { Client, LocalCluster, task } from 'heddle'
import { halve } from '@acme/lib'

interface Options {
  step: number
}

const OPTIONS: Options = { step: 5 }

function work(x: number): number {
  return halve(x) + OPTIONS.step
}

const less = task(import.meta, (x: number) => work(x) - OPTIONS.step)
const more = task(import.meta, (x: number) => work(x) + 1)

await using cluster = await LocalCluster.start({ workers: 1, threadsPerWorker: 1 })
await using client = await Client.connect(cluster)

console.log('inline', await client.submit((x: number) => x + 1, 2).result())
console.log('import', await client.submit(async (path: string) => (await import('node:path')).basename(path), '/a/b').result())
console.log('task', await client.submit(task(import.meta, work), 14).result(), await client.submit(less, 14).result(), await client.submit(more, 14).result())

const tasks = await client.module<typeof import('./tasks.js')>('./tasks.js')
console.log('module', await client.submit(tasks.twice, 4).result())
console.log('map', await client.gather(client.map(tasks.twice, [1, 2, 3])))

const error = (await client.submit(tasks.fail, { x: 3 }).result().catch((error: unknown) => error)) as Error
console.log('stack', error.name, error.message, basename(/\((.*?):\d+\)/.exec(error.stack ?? '')?.[1] ?? ''))

try {
  client.submit((x: number) => halve(x), 1)
} catch (error) {
  const { code, message } = error as Error & { code: string }
  console.log('capture', code, /at (\S+) uses (?:the import )?'(\w+)'/.exec(message)?.slice(1).join(' '))
}
