/**
 * `npm run simulate -- --seeds 1000 --from 1`: that many seeds, in `--jobs` processes (default: one for each core); a
 * failure is made small and shown. `--seed 4711`: one.
 * `--without-deeds 1,4 --without-tasks t3.1`: as a failure says. `--about t3.1`: only lines of what happened with that.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { SimulationOptions } from '../src/simulation/options.js'
import { failureOf, shrink } from '../src/simulation/shrink.js'
import type { SimulationError } from '../src/simulation/simulate.js'

const text = { type: 'string' } as const
const names = { seed: text, seeds: text, from: text, jobs: text, lines: text, about: text }
const { values } = parseArgs({ options: { ...names, 'without-deeds': text, 'without-tasks': text } })
const first = Number(values.seed ?? values.from ?? 1)
const count = Number(values.seed === undefined ? (values.seeds ?? 1000) : 1)
const EVERY_MS = 60_000
/** Failures that are shown; of more the seeds are enough. */
const SHOWN = 3

/** Seeds that a process is given at a time. */
const PART = 100

const failed: number[] = []
const start = performance.now()
let said = start
let tried = 0
let next = first
if (values.seed !== undefined) tryHere(first)
else await Promise.all(Array.from({ length: jobs() }, tryElsewhere))
const seconds = (performance.now() - start) / 1000
console.log(`${count - failed.length} of ${count} runs went well, ${(count / seconds).toFixed(0)} a second`)
if (failed.length > 0) console.log(`failed: ${failed.join(' ')}`)
process.exitCode = failed.length > 0 ? 1 : 0

function jobs(): number {
  return Math.min(Number(values.jobs ?? availableParallelism()), Math.ceil(count / PART))
}

/** In a process of its own, one part after the other until none is left. */
async function tryElsewhere(): Promise<void> {
  const child = fork(fileURLToPath(new URL('./simulate-part.ts', import.meta.url)))
  const died = once(child, 'exit').then(() => Promise.reject(new Error('a process that tried seeds died')))
  while (next < first + count) {
    const part = [next, Math.min(next + PART, first + count)] as const
    next = part[1]
    child.send(part)
    const [seeds] = (await Promise.race([once(child, 'message'), died])) as [number[]]
    for (const seed of seeds)
      if (!tryHere(seed)) throw new Error(`seed ${seed} fails in one process and not in another`)
    tried += part[1] - part[0]
    if (performance.now() - said > EVERY_MS) progress()
  }
  child.disconnect()
}

/** Whether it failed. */
function tryHere(seed: number): boolean {
  const failure = failureOf({ seed, ...left() })
  if (failure !== undefined) report(failure)
  return failure !== undefined
}

function left(): Partial<SimulationOptions> {
  const list = (given: string | undefined) => given?.split(',') ?? []
  return { withoutDeeds: list(values['without-deeds']).map(Number), withoutTasks: list(values['without-tasks']) }
}

function report(failure: SimulationError): void {
  failed.push(failure.seed)
  console.log(`seed ${failure.seed}: ${failure.reason}`)
  if (failed.length > SHOWN) return
  const small = shrink(failure)
  const { about = '' } = values
  const lines = small.trace.filter((line) => line.includes(about) && !line.includes('heartbeat'))
  console.log(lines.slice(-Number(values.lines ?? 60)).join('\n'))
  const deeds = [...small.deeds].map(([number, name]) => `${number} ${name}`)
  console.log(`  smallest: ${small.reason}\n  of ${failure.deeds.size} deeds needed: ${deeds.join(', ')}`)
  console.log(`  tasks: ${small.tasks.slice(0, 30).join(' ')}\n  reproduce: ${command(small.options)}`)
}

function command({ seed, withoutDeeds = [], withoutTasks = [] }: SimulationOptions): string {
  const deeds = withoutDeeds.length > 0 ? ` --without-deeds ${withoutDeeds.join(',')}` : ''
  const tasks = withoutTasks.length > 0 ? ` --without-tasks ${withoutTasks.join(',')}` : ''
  return `npm run simulate -- --seed ${seed}${deeds}${tasks}`
}

function progress(): void {
  said = performance.now()
  console.log(`${tried} of ${count}, ${failed.length} failed`)
}
