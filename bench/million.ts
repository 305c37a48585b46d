/**
 * A million tasks: a scheduler process, two worker processes of one thread each, and this process as the client.
 *
 *   npm run build && npx tsx --tsconfig tsconfig.run.json bench/million.ts [--tasks 1000000] [--kind map,pairs,graph] [--first]
 *
 * `map`: one map of no-op tasks. `pairs`: half of them, and a task that follows each. `graph`: a binary tree of them, by
 * `client.get`. `--first`: the scheduler has a core whenever it wants one (`chrt`, for root), so that what its event loop
 * waits for is itself. Printed are tasks a second, the longest wait of the scheduler's event loop, and the highest memory of
 * scheduler and client. Linux.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client, type Future, ref, wait } from 'heddle'
import { peakOf, secondsOf } from './measure.js'
import type { Seen } from './million-scheduler.js'
import { noop } from './tasks.js'

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    kind: { type: 'string', default: 'map,pairs,graph' },
    first: { type: 'boolean', default: false },
  },
})
const tasks = Number(values.tasks)
const MIB = 2 ** 20

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const scheduler = fork(pathOf('./million-scheduler.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
const [{ address }] = (await once(scheduler, 'message')) as [{ address: string }]
if (values.first) execFileSync('chrt', ['--all-tasks', '--rr', '--pid', '20', String(scheduler.pid)])
const workers = ['alice', 'bob'].map(startWorker)
const client = await Client.connect(address)
while ((await client.ncores()).size < workers.length) await new Promise((resolve) => setTimeout(resolve, 50))

const kinds: Record<string, () => Future<unknown>[] | Promise<Future<unknown>[]>> = {
  map: () => client.map(noop, range(tasks)),
  pairs: () => {
    const first = client.map(noop, range(tasks / 2))
    return [...first, ...client.map(noop, first as never)]
  },
  graph: async () => {
    await client.get(treeOf(tasks), 't0')
    return []
  },
}

console.log('| what | tasks/s | longest wait, ms | p99, ms | longest work, ms of CPU | scheduler, MiB | client, MiB |')
console.log('|---|---|---|---|---|---|---|')
for (const kind of values.kind.split(',')) {
  const make = kinds[kind]
  if (make === undefined) throw new Error(`there is no kind '${kind}': ${Object.keys(kinds).join(', ')}`)
  await seen()
  let futures: Future<unknown>[] = []
  const seconds = await secondsOf(async () => {
    futures = await make()
    await wait(futures)
  })
  show(`${kind}: submitted and done`, await seen(), tasks / seconds)
  const letGo = await secondsOf(async () => {
    for (const future of futures) future.release()
    futures = []
    while ((await known()) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  })
  show(`${kind}: released`, await seen(), tasks / letGo)
}

await client.close()
scheduler.send('close')
for (const worker of workers) worker.kill()
await Promise.all([scheduler, ...workers].map((child) => child.exitCode ?? once(child, 'exit')))

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

/** Each needs two others, but for the leaves. */
function treeOf(n: number): Record<string, readonly [typeof noop, never]> {
  const inputs = (i: number) => [2 * i + 1, 2 * i + 2].filter((j) => j < n).map((j) => ref(`t${j}`))
  return Object.fromEntries(range(n).map((i) => [`t${i}`, [noop, inputs(i) as never] as const]))
}

function startWorker(name: string): ChildProcess {
  const command = [pathOf('../dist/cli/heddle.js'), 'worker', address, '--name', name, '--nthreads', '1', '--no-nanny']
  return spawn(process.execPath, command, { stdio: 'ignore' })
}

function seen(): Promise<Seen> {
  return asked('seen') as Promise<Seen>
}

/** How many tasks the scheduler knows. */
function known(): Promise<number> {
  return asked('known') as Promise<number>
}

async function asked(what: 'seen' | 'known'): Promise<unknown> {
  scheduler.send(what)
  const [found] = await once(scheduler, 'message')
  return found
}

function show(what: string, { lagMax, workMax, lagP99, rssPeak }: Seen, perSecond: number): void {
  const mib = (bytes: number) => Math.round(bytes / MIB)
  const waits = `${Math.round(lagMax)} | ${lagP99.toFixed(1)} | ${Math.round(workMax)}`
  const memory = `${mib(rssPeak)} | ${mib(peakOf(process.pid))}`
  console.log(`| ${what} | ${Math.round(perSecond)} | ${waits} | ${memory} |`)
}
