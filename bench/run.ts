/**
 * Measures Heddle beside Dask and Piscina, in one run and round-robin, and prints a table of medians with ratios.
 *
 *   npm run bench -- [--rounds 3] [--peers heddle,dask,dask-tuned,piscina] [--only map10k,latency] [--out FILE.json]
 *
 * Figures of different runs or machines cannot be set beside each other; ratios of one run can.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FIGURES } from './figures.js'
import { median } from './measure.js'
import { type Outcome, PEERS, runPeer } from './peers.js'
import { tableOf } from './table.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('./results/local/latest.json', import.meta.url)) },
  },
})

const wanted = values.peers?.split(',')
const peers = PEERS.filter(({ name }) => wanted === undefined || wanted.includes(name))
const outcomes = new Map<string, Outcome[]>(peers.map(({ name }) => [name, []]))

for (const peer of peers) peer.prepare()
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const peer of peers) {
    console.error(`round ${round}: ${peer.name}`)
    outcomes.get(peer.name)?.push(await runPeer(peer, values.only))
  }
}

const medians = Object.fromEntries([...outcomes].map(([name, runs]) => [name, mediansOf(runs)]))
const result = {
  date: new Date().toISOString(),
  machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, system: release(), node: process.versions.node },
  rounds: Number(values.rounds),
  versions: Object.assign({}, ...[...outcomes.values()].flat().map(({ versions }) => versions)),
  medians,
  outcomes: Object.fromEntries(outcomes),
}
mkdirSync(dirname(values.out), { recursive: true })
writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`)
console.log(tableOf(medians))
console.error(`written to ${values.out}`)

function mediansOf(runs: readonly Outcome[]): Record<string, number> {
  const entries = FIGURES.map(({ name }) => [name, runs.flatMap(({ figures }) => figures[name] ?? [])] as const)
  return Object.fromEntries(
    entries.filter(([, found]) => found.length > 0).map(([name, found]) => [name, median(found)]),
  )
}
