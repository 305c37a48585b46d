/** How each peer is set up and started. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './cases.js'

export interface Peer {
  readonly name: string
  /** Installs what it needs. @throws when that is not to be had. */
  prepare(): void
  readonly command: readonly [string, ...string[]]
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
/** How long each step of setting a peer up may take. */
const SETUP_MS = 240_000
/** How long a suite that is told to end may take for it. */
const FAREWELL_MS = 10_000
// The distribution's Python: one built without optimisation makes Dask half as slow again.
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

const DASK = here('../.venv-bench')
const RAY = here('../.venv-bench-ray')
const BULLMQ = here('./bullmq')

export const PEERS: readonly Peer[] = [
  { name: 'heddle', prepare: () => {}, command: typescript('./heddle.ts') },
  { name: 'dask', prepare: prepareDask, command: [`${DASK}/bin/python`, here('./dask/suite.py')] },
  { name: 'dask-tuned', prepare: prepareDask, command: [`${DASK}/bin/python`, here('./dask/suite.py'), '--tuned'] },
  { name: 'ray', prepare: prepareRay, command: [`${RAY}/bin/python`, here('./ray/suite.py')] },
  { name: 'bullmq', prepare: prepareBullmq, command: typescript('./bullmq/suite.mjs') },
  { name: 'yardsticks', prepare: () => {}, command: typescript('./yardsticks.ts') },
  { name: 'piscina', prepare: () => {}, command: typescript('./piscina.ts') },
]

function typescript(file: string): readonly [string, ...string[]] {
  return [process.execPath, '--import', 'tsx', here(file)]
}

function prepareDask(): void {
  prepareVenv(DASK, ['dask[distributed]==2026.7.1', 'numpy', 'psutil', 'uvloop'])
}

function prepareRay(): void {
  prepareVenv(RAY, ['ray==2.60.0', 'numpy', 'psutil'])
}

function prepareVenv(venv: string, packages: readonly string[]): void {
  if (existsSync(`${venv}/ready`)) return
  install(PYTHON, ['-m', 'venv', venv])
  install(`${venv}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', ...packages])
  install('touch', [`${venv}/ready`])
}

/** @throws when there is no Redis. */
function prepareBullmq(): void {
  install('redis-server', ['--version'])
  if (!existsSync(`${BULLMQ}/node_modules`))
    install('npm', ['install', '--silent', '--no-package-lock', '--prefix', BULLMQ])
}

function install(file: string, args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: SETUP_MS })
}

/** Installs what a peer needs; why it cannot be had, or undefined. */
export function setUp({ name, prepare }: Peer): string | undefined {
  try {
    prepare()
    return undefined
  } catch (error) {
    return `${name}: it could not be set up: ${(error as Error).message.split('\n')[0]}`
  }
}

/**
 * Runs a peer's suite once, for so long at most; what it says on stderr is passed on. It never rejects: what went wrong
 * is in `failed`, beside the figures that were there by then.
 */
export async function runPeer({ name, command }: Peer, only: string | undefined, limitMs: number): Promise<Outcome> {
  const [file, ...args] = command
  const child = spawn(file, only ? [...args, only] : args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const stops = [
    setTimeout(() => child.kill('SIGINT'), limitMs),
    setTimeout(() => child.kill('SIGKILL'), limitMs + FAREWELL_MS),
  ]
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended with ${signal ?? code}`))
  })
  for (const stop of stops) clearTimeout(stop)
  const outcome = lastOutcome(text)
  if (end !== '') outcome.failed.push(`${name}: ${end}`)
  return outcome
}

function lastOutcome(text: string): Outcome {
  const line = text
    .split('\n')
    .filter((one) => one.startsWith('{') && one.endsWith('}'))
    .at(-1)
  return line === undefined ? { versions: {}, figures: {}, failed: [] } : (JSON.parse(line) as Outcome)
}
