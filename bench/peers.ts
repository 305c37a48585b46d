/** How each peer is set up and started. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Figures } from './measure.js'

/** What one run of a suite printed. */
export interface Outcome {
  versions: Record<string, string>
  figures: Figures
}

export interface Peer {
  readonly name: string
  /** Installs what it needs. @throws when that is not to be had. */
  prepare(): void
  readonly command: readonly [string, ...string[]]
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const VENV = here('../.venv-bench')
const PACKAGES = ['dask[distributed]==2026.7.1', 'numpy', 'psutil', 'uvloop']

// The distribution's Python: one built without optimisation makes Dask half as slow again.
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

export const PEERS: readonly Peer[] = [
  { name: 'heddle', prepare: () => {}, command: [process.execPath, '--import', 'tsx', here('./heddle.ts')] },
  { name: 'dask', prepare: prepareDask, command: [`${VENV}/bin/python`, here('./dask/suite.py')] },
  { name: 'dask-tuned', prepare: prepareDask, command: [`${VENV}/bin/python`, here('./dask/suite.py'), '--tuned'] },
  { name: 'yardsticks', prepare: () => {}, command: [process.execPath, '--import', 'tsx', here('./yardsticks.ts')] },
  { name: 'piscina', prepare: () => {}, command: [process.execPath, '--import', 'tsx', here('./piscina.ts')] },
]

function prepareDask(): void {
  if (existsSync(`${VENV}/ready`)) return
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
  execFileSync(PYTHON, ['-m', 'venv', VENV], options)
  execFileSync(`${VENV}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES], options)
  execFileSync('touch', [`${VENV}/ready`])
}

/** Runs a peer's suite once; what it says on stderr is passed on. */
export async function runPeer({ name, command }: Peer, only: string | undefined): Promise<Outcome> {
  const [file, ...args] = command
  const child = spawn(file, only ? [...args, only] : args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const line = text.trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !line.startsWith('{')) throw new Error(`${name} ended with ${code}: ${line}`)
  return JSON.parse(line) as Outcome
}
