/**
 * Many mixed tasks on a stock Dask cluster of two workers of Python's and two of Heddle's, one of which is killed every
 * few seconds and started again, as long as half of the tasks are not done. Then the memory of the workers and of this
 * process is measured, when a fifth of them is left and at the end (Linux). Every result is looked at; at the end nothing
 * may be left but code, and no process may have grown by a quarter. Build first.
 *
 *   npx tsx --tsconfig tsconfig.run.json scripts/dask-soak.ts [TASKS=50000] [SECONDS BETWEEN KILLS=5]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, py } from 'heddle'
import { makeDaskEnv } from './dask-python.js'

const [, , tasks = '50000', seconds = '5'] = process.argv
const TASKS = Number(tasks)
const PYTHON = makeDaskEnv()
const HEDDLE = fileURLToPath(new URL('../dist/cli/heddle.js', import.meta.url))
const BATCH = 1000
/** Tasks of one item of a batch. */
const STEPS = 5
/** By so much memory may differ. */
const GROWTH_MAX = 1.25

const add = py<(a: number, b: number) => number>('operator.add')
const isqrt = py<(n: number) => number>('math.isqrt')

const children = new Map<string, ChildProcess>()

async function startScheduler(): Promise<string> {
  const args = ['-m', 'dask', 'scheduler', '--host=127.0.0.1', '--port=0', '--no-dashboard']
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  children.set('scheduler', child)
  for await (const line of createInterface(child.stderr)) {
    const address = /Scheduler at:\s*(tcp:\S+)/.exec(line)?.[1]
    if (address === undefined) continue
    child.stderr.resume()
    return address
  }
  throw new Error('the scheduler ended')
}

function startWorker(address: string, name: string): void {
  const options = ['--nthreads=1', '--no-nanny', `--name=${name}`]
  const child = name.startsWith('python')
    ? spawn(PYTHON, ['-m', 'dask', 'worker', address, '--no-dashboard', ...options], { stdio: 'ignore' })
    : spawn(process.execPath, [HEDDLE, 'worker', address, '--nworkers=1', ...options], { stdio: 'ignore' })
  children.set(name, child)
}

/** Workers, so many of them. */
async function until(client: Client, count: number): Promise<void> {
  while ((await client.workers()).size < count) await sleep(100)
}

/** Until `signal` fires; each time another of them, when all are there. */
async function killNowAndThen(client: Client, names: readonly string[], signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills++) {
    await sleep(Number(seconds) * 1000, undefined, { signal }).catch(() => {})
    if (signal.aborted) return kills
    const name = names[kills % names.length] as string
    const child = children.get(name) as ChildProcess
    // A name is free again when the scheduler has seen the end.
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    await sleep(500)
    startWorker(client.address, name)
    await until(client, names.length)
  }
}

/** TypeScript, what both know, Python alone, TypeScript again. */
async function runBatch(client: Client, from: number): Promise<void> {
  const numbers = Array.from({ length: BATCH / STEPS }, (_, i) => from + i)
  const patient = client.with({ retries: 5 })
  const squares = patient.map((n: number) => n * n, numbers)
  const sums = patient.map(add, squares, numbers)
  const roots = patient.map(isqrt, sums)
  const arrays = patient.map((n: number) => new Float64Array(2000).fill(n), numbers)
  const pairs = patient.map((root: number, [n]: Float64Array) => [root, n] as const, roots, arrays)
  const results = await client.gather(pairs)
  results.forEach(([root, n], i) => {
    if (n !== numbers[i] || root !== n) throw new Error(`item ${from + i} gave ${root} and ${n}`)
  })
  for (const future of [squares, sums, roots, arrays, pairs].flat()) future.release()
}

/** MB that Heddle's workers and this process have, by name. */
function memory(): Map<string, number> {
  const rss = (pid: number | undefined) => {
    const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kB) / 1000)
  }
  globalThis.gc?.()
  const heddle = [...children].filter(([name]) => name.startsWith('heddle'))
  return new Map([...heddle.map(([name, { pid }]): [string, number] => [name, rss(pid)]), ['client', rss(process.pid)]])
}

function hasGrown(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  return [...after].some(([name, mb]) => mb > GROWTH_MAX * (before.get(name) ?? 0))
}

async function whatIsLeft(client: Client): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left = Object.keys(Object.fromEntries(await client.whoHas())).filter((key) => !key.startsWith('heddle-code-'))
    if (left.length === 0 || tries === 50) return left
    await sleep(200)
  }
}

const address = await startScheduler()
const names = ['heddle-0', 'python-0', 'heddle-1', 'python-1']
try {
  for (const name of names) startWorker(address, name)
  const client = await Client.connect(address, { timeout: '60s' })
  await until(client, names.length)
  const begun = performance.now()
  const run = async (from: number, to: number) => {
    for (let done = from; done < to; done += BATCH) await runBatch(client, done)
    console.log(`${to} tasks after ${Math.round((performance.now() - begun) / 1000)} s`)
  }
  const end = new AbortController()
  const killing = killNowAndThen(client, names, end.signal)
  await run(0, TASKS / 2)
  end.abort()
  const kills = await killing
  await run(TASKS / 2, 0.8 * TASKS)
  await whatIsLeft(client)
  const before = memory()
  await run(0.8 * TASKS, TASKS)
  const left = await whatIsLeft(client)
  const { nbytes } = [...(await client.workers()).values()].reduce((a, b) => (a.nbytes > b.nbytes ? a : b))
  console.log(
    `${TASKS} tasks, all right, with ${kills} workers killed; left: ${left.length} keys, at most ${nbytes} bytes`,
  )
  const after = memory()
  for (const [name, mb] of before) console.log(`${name}: ${mb} MB, at the end ${after.get(name)} MB`)
  if (left.length > 0 || hasGrown(before, after)) process.exitCode = 1
  await client.close()
} finally {
  for (const child of children.values()) child.kill('SIGKILL')
}
