/** The Python of `.venv-dask` (made by `npm run dask-env`) or HEDDLE_DASK_PYTHON, and clusters that run in it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const CERTIFICATES = here('../../unit/comm/certificates')
const PYTHON = process.env.HEDDLE_DASK_PYTHON ?? here('../../../.venv-dask/bin/python')

/** Processes that start take as long as the machine is busy. */
export const PATIENT = { timeout: 120_000 }

/** Whether there is a Python with Dask in it; says loudly when there is none. */
export function hasDask(): boolean {
  const { status } = spawnSync(PYTHON, ['-c', 'import distributed, numpy, pandas, pyarrow'], { stdio: 'ignore' })
  if (status === 0) return true
  process.stderr.write(`\n!! SKIPPED: there is no Dask in ${PYTHON}; make it with: npm run dask-env\n\n`)
  return false
}

/** A stock cluster in a process of its own. */
export class DaskCluster {
  private constructor(
    readonly address: string,
    readonly process: ChildProcess,
    /** Of its workers, by number, where they are processes. */
    readonly pids: readonly number[],
  ) {}

  /** `tls`: by threads, at tls:// addresses, with the certificates of `test/unit/comm`. */
  static async start(workers = 2, as: 'threads' | 'processes' | 'tls' = 'threads'): Promise<DaskCluster> {
    const more = as === 'tls' ? [CERTIFICATES] : []
    const child = spawn(PYTHON, [here('./cluster.py'), String(workers), as, ...more], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    const line = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once('line', resolve)
      child.once('exit', (code) => reject(new Error(`the cluster ended with ${code}:\n${log}`)))
    })
    const [address = '', ...pids] = line.trim().split(' ')
    return new DaskCluster(address, child, pids.map(Number))
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null) return
    this.process.stdin?.end()
    await once(this.process, 'exit')
  }
}

/** Runs a program of Python's; gives what it prints. @throws with its stderr when it fails. */
export function runPython(code: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', code, ...args], { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** A stock scheduler alone, at that port, with more options. */
export async function startScheduler(
  port = 0,
  ...more: readonly string[]
): Promise<{ address: string; process: ChildProcess }> {
  const args = ['-m', 'dask', 'scheduler', '--host=127.0.0.1', `--port=${port}`, '--no-dashboard', ...more]
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const line of createInterface(child.stderr as NodeJS.ReadableStream)) {
    const [, address] = /Scheduler at:\s*(t\w+:\S+)/.exec(line) ?? []
    if (address === undefined) continue
    child.stderr?.resume()
    return { address, process: child }
  }
  throw new Error('the scheduler ended')
}

/** A client of Python's, in a process of its own, that runs pieces of programs. See session.py for what they find. */
export class PythonClient {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = child
    this.#lines = lines
  }

  static async connect(address: string): Promise<PythonClient> {
    const child = spawn(PYTHON, [here('./session.py'), address], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    await lines.next()
    return new PythonClient(child, lines)
  }

  /** What it prints. @throws with its traceback when it fails. */
  async run(code: string): Promise<string> {
    this.#process.stdin?.write(`${JSON.stringify(code)}\n`)
    const { value } = await this.#lines.next()
    const { printed, failed } = JSON.parse(value ?? '{"failed":"the client has ended"}') as Record<string, string>
    if (failed) throw new Error(failed)
    return printed as string
  }

  async close(): Promise<void> {
    this.#process.stdin?.end()
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
  }
}
