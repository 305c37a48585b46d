/**
 * `npm run simulate -- --seeds 1000 --from 1`: that many seeds; a failure is made small and shown. `--seed 4711`: one.
 * `--without-deeds 1,4 --without-tasks t3.1`: as a failure says. `--about t3.1`: only lines of what happened with that.
 */
import { parseArgs } from 'node:util'
import type { SimulationOptions } from '../src/simulation/options.js'
import { failureOf, shrink } from '../src/simulation/shrink.js'
import type { SimulationError } from '../src/simulation/simulate.js'

const text = { type: 'string' } as const
const names = { seed: text, seeds: text, from: text, lines: text, about: text }
const { values } = parseArgs({ options: { ...names, 'without-deeds': text, 'without-tasks': text } })
const first = Number(values.seed ?? values.from ?? 1)
const count = Number(values.seed === undefined ? (values.seeds ?? 1000) : 1)
const EVERY_MS = 60_000
/** Failures that are shown; of more the seeds are enough. */
const SHOWN = 3

const failed: number[] = []
const start = performance.now()
let said = start
for (let seed = first; seed < first + count; seed++) {
  const failure = failureOf({ seed, ...left() })
  if (failure !== undefined) report(failure)
  if (performance.now() - said > EVERY_MS) progress(seed)
}
const seconds = (performance.now() - start) / 1000
console.log(`${count - failed.length} of ${count} runs went well, ${(count / seconds).toFixed(0)} a second`)
if (failed.length > 0) console.log(`failed: ${failed.join(' ')}`)
process.exitCode = failed.length > 0 ? 1 : 0

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

function progress(seed: number): void {
  said = performance.now()
  console.log(`${seed - first + 1} of ${count}, ${failed.length} failed`)
}
