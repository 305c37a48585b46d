/**
 * Measures Heddle beside Dask, Ray, BullMQ and Piscina, in one run and round-robin: a JSON file, a table of medians with ratios, and
 * a picture of these. A run of everything also writes them into docs/performance.md.
 *
 *   npm run bench -- [--rounds 3] [--minutes 14] [--peers heddle,dask,dask-tuned,ray,bullmq,yardsticks,piscina]
 *                    [--only map10k,latency] [--out FILE.json]
 *
 * No round is begun for which there is no time; a peer that fails, or takes too long, is named, and the others go on.
 * Figures of different runs or machines cannot be set beside each other; ratios of one run can.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Outcome } from './cases.js'
import { chartOf } from './chart.js'
import { FIGURES } from './figures.js'
import { median } from './measure.js'
import { writeSection } from './page.js'
import { PEERS, runPeer, setUp } from './peers.js'
import { tableOf } from './table.js'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '14' },
    peers: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string', default: here('./results/local/latest.json') },
  },
})

const deadline = performance.now() + Number(values.minutes) * 60_000
const wanted = values.peers?.split(',')
const failed = new Set<string>()
const peers = PEERS.filter(({ name }) => wanted === undefined || wanted.includes(name)).filter((peer) => {
  const reason = setUp(peer)
  if (reason !== undefined) failed.add(reason)
  return reason === undefined
})
const outcomes = new Map<string, Outcome[]>(peers.map(({ name }) => [name, []]))

let rounds = 0
for (let longest = 0; rounds < Number(values.rounds) && performance.now() + longest < deadline; rounds++) {
  const begun = performance.now()
  for (const [i, peer] of peers.entries()) {
    console.error(`round ${rounds + 1}: ${peer.name}`)
    // One that hangs must leave time for the others.
    const left = Math.max(1000, deadline - performance.now())
    const outcome = await runPeer(peer, values.only, Math.min(left, (2 * left) / (peers.length - i)))
    outcomes.get(peer.name)?.push(outcome)
    for (const reason of outcome.failed) failed.add(`${peer.name}, ${reason}`)
  }
  longest = Math.max(longest, performance.now() - begun)
}

const medians = Object.fromEntries([...outcomes].map(([name, runs]) => [name, mediansOf(runs)]))
const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, system: release(), node: process.versions.node }
const versions: Record<string, string> = Object.assign({}, ...[...outcomes.values()].flat().map((one) => one.versions))
const date = new Date().toISOString()
const result = {
  date,
  machine,
  rounds,
  failed: [...failed],
  versions,
  medians,
  outcomes: Object.fromEntries(outcomes),
}
const svg = await chartOf(medians)
write(values.out, `${JSON.stringify(result, null, 1)}\n`)
write(values.out.replace(/(\.json)?$/, '.svg'), svg)
if (values.only === undefined && wanted === undefined) {
  write(here('../docs/performance.svg'), svg)
  writeSection(here('../docs/performance.md'), sectionText())
}
console.log(tableOf(medians))
for (const reason of failed) console.log(`\nNOT MEASURED: ${reason}`)
console.error(`written to ${values.out}`)
if (failed.size > 0) process.exitCode = 1

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function sectionText(): string {
  const { cores, system, node } = machine
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const missing = [...failed].map((reason) => `- Not measured: ${reason}`).join('\n')
  return [
    `\`npm run bench\` on ${date.slice(0, 10)}: ${rounds} rounds, ${cores} cores, Linux ${system}, Node ${node}; ${others.join(', ')}. ` +
      'In brackets: how many times better Heddle is.',
    '![How many times better Heddle is, figure by figure](performance.svg)',
    tableOf(medians),
    missing,
  ].join('\n\n')
}

function mediansOf(runs: readonly Outcome[]): Record<string, number> {
  const entries = FIGURES.map(({ name }) => [name, runs.flatMap(({ figures }) => figures[name] ?? [])] as const)
  return Object.fromEntries(
    entries.filter(([, found]) => found.length > 0).map(([name, found]) => [name, median(found)]),
  )
}
