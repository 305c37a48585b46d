/**
 * How fast 256 MiB go from one worker to another by Unix socket and by TCP, four clusters of each in turn:
 *
 *   npm run build && npx tsx --tsconfig tsconfig.run.json bench/same-host.ts
 */
import { Client, LocalCluster, wait } from 'heddle'
import { median, secondsOf } from './measure.js'
import { mebibytes, size } from './tasks.js'

const CLUSTERS = 4
const TRANSFERS = 6
const MEBIBYTES = 256

/** GB/s of each transfer, the first one first. */
async function rates(): Promise<number[]> {
  const cluster = await LocalCluster.start({ workers: ['alice', 'bob'], threadsPerWorker: 1, memoryLimit: 'none' })
  const client = await Client.connect(cluster)
  const found: number[] = []
  for (let i = 0; i < TRANSFERS; i++) {
    const bytes = client.with({ workers: 'alice' }).submit(mebibytes, MEBIBYTES)
    await wait([bytes])
    const seconds = await secondsOf(() => client.with({ workers: 'bob' }).submit(size, bytes).result())
    found.push((MEBIBYTES * 2 ** 20) / seconds / 1e9)
    bytes.release()
  }
  await client.close()
  await cluster.close()
  return found
}

function line(name: string, of: readonly number[]): string {
  const shown = (n: number) => n.toFixed(2)
  return `${name.padEnd(22)} median ${shown(median(of))} GB/s, ${shown(Math.min(...of))} to ${shown(Math.max(...of))}`
}

const first = { unix: [] as number[], tcp: [] as number[] }
const later = { unix: [] as number[], tcp: [] as number[] }
for (let i = 0; i < CLUSTERS; i++) {
  for (const way of ['unix', 'tcp'] as const) {
    process.env.HEDDLE_UNIX_SOCKETS = way === 'tcp' ? 'off' : 'on'
    const [one, ...others] = await rates()
    first[way].push(one as number)
    later[way].push(...others)
  }
}
for (const way of ['unix', 'tcp'] as const) {
  console.log(line(`${way}, first`, first[way]))
  console.log(line(`${way}, later`, later[way]))
}
