/**
 * Many mixed tasks on a stock Dask cluster of two workers of Python's and two of Heddle's, one of which is killed every
 * few seconds and started again. Every result is looked at; at the end nothing may be left but code. Build first.
 *
 *   npx tsx --tsconfig tsconfig.run.json scripts/dask-soak.ts [TASKS=50000] [SECONDS BETWEEN KILLS=5]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, py } from 'heddle'
import { makeDaskEnv } from './dask-python.js'

const [, , tasks = '50000', seconds = '5'] = process.argv
const PYTHON = makeDaskEnv()
const HEDDLE = fileURLToPath(new URL('../dist/cli/heddle.js', import.meta.url))
const BATCH = 1000
/** Tasks of one item of a batch. */
const STEPS = 4

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

/** Until `signal` fires; each time another of them. */
async function killNowAndThen(address: string, names: readonly string[], signal: AbortSignal): Promise<number> {
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
    startWorker(address, name)
  }
}

/** TypeScript, what both know, Python alone, TypeScript again. */
async function runBatch(client: Client, from: number): Promise<void> {
  const numbers = Array.from({ length: BATCH / STEPS }, (_, i) => from + i)
  const patient = client.with({ retries: 5 })
  const squares = patient.map((n: number) => n * n, numbers)
  const sums = patient.map(add, squares, numbers)
  const roots = patient.map(isqrt, sums)
  const results = await client.gather(patient.map((root: number, n: number) => [root, n] as const, roots, numbers))
  results.forEach(([root, n], i) => {
    if (n !== numbers[i] || root !== n) throw new Error(`item ${from + i} gave ${root} and ${n}`)
  })
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
  while ((await client.workers()).size < names.length) await sleep(100)
  const end = new AbortController()
  const killing = killNowAndThen(address, names, end.signal)
  const begun = performance.now()
  for (let done = 0; done < Number(tasks); done += BATCH) {
    await runBatch(client, done)
    if (done % 10_000 === 0)
      console.log(`${done + BATCH} tasks after ${Math.round((performance.now() - begun) / 1000)} s`)
  }
  end.abort()
  const kills = await killing
  globalThis.gc?.()
  const left = await whatIsLeft(client)
  const { nbytes } = [...(await client.workers()).values()].reduce((a, b) => (a.nbytes > b.nbytes ? a : b))
  console.log(
    `${tasks} tasks, all right, with ${kills} workers killed; left: ${left.length} keys, at most ${nbytes} bytes`,
  )
  if (left.length > 0) process.exitCode = 1
  await client.close()
} finally {
  for (const child of children.values()) child.kill('SIGKILL')
}
