/**
 * `npm run simulate -- --seed 4711`: one run, with what happened before the failure. `--runs 1000`: that many seeds.
 * `--about t50`: only what mentions that.
 */
import { parseArgs } from 'node:util'
import { SimulationError, simulate } from './simulate.js'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { seed: text, runs: text, trace: text, about: text } })
const { about = '' } = values
const first = Number(values.seed ?? 1)
const runs = Number(values.runs ?? 1)
let failures = 0
for (let seed = first; seed < first + runs; seed++) {
  try {
    simulate(seed)
  } catch (error) {
    failures++
    if (!(error instanceof SimulationError)) throw error
    if (runs === 1) show(error.world.trace)
    console.log(runs === 1 ? error.message : error.message.split('\n')[0])
  }
}
console.log(`${runs - failures} of ${runs} runs went well`)
process.exitCode = failures > 0 ? 1 : 0

function show(trace: readonly string[]): void {
  const lines = trace.filter((line) => line.includes(about) && !line.includes('heartbeat'))
  console.log(lines.slice(-Number(values.trace ?? 60)).join('\n'))
}
