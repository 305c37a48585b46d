import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BUILT = fileURLToPath(new URL('../../dist/', import.meta.url))

/** How a command ended. */
export interface End {
  code: number | null
  signal: NodeJS.Signals | null
  /** Milliseconds since the last signal that was sent to it, or since its start. */
  tookMs: number
}

/** A command of the built package that runs as a process, with what it has said so far. */
export class Command {
  readonly process: ChildProcess
  readonly ended: Promise<End>
  stdout = ''
  stderr = ''
  #since = performance.now()
  #onOutput = new Set<() => void>()

  /** `within`: a command that runs another, as `ip netns exec NAME`. */
  constructor(
    script: string,
    args: readonly string[],
    env: Record<string, string> = {},
    cwd = process.cwd(),
    within: readonly string[] = [],
  ) {
    const [program = '', ...rest] = [...within, process.execPath, script, ...args]
    this.process = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      cwd,
    })
    this.process.stdout!.on('data', (chunk) => this.#hear('stdout', chunk))
    this.process.stderr!.on('data', (chunk) => this.#hear('stderr', chunk))
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => resolve({ code, signal, tookMs: performance.now() - this.#since }))
    })
    this.ended.then(() => this.#tell())
  }

  get pid(): number {
    return this.process.pid!
  }

  /** Resolves with what `pattern` matches in stdout, now or later; rejects when the command ends without it. */
  says(pattern: RegExp, times = 1): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = [...this.stdout.matchAll(new RegExp(pattern, 'gm'))][times - 1]
        const over = this.process.exitCode !== null || this.process.signalCode !== null
        if (found) resolve(found)
        else if (over) reject(new Error(`it ended without saying ${pattern}:\n${this.stdout}\n${this.stderr}`))
        else this.#onOutput.add(look)
      }
      look()
    })
  }

  signal(signal: NodeJS.Signals): Promise<End> {
    this.#since = performance.now()
    this.process.kill(signal)
    return this.ended
  }

  #hear(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString()
    this.#tell()
  }

  #tell(): void {
    const waiting = [...this.#onOutput]
    this.#onOutput.clear()
    for (const look of waiting) look()
  }
}

/** The path of a module of the built package. */
export function built(file: string): string {
  return `${BUILT}${file}`
}

/** `heddle …` */
export function heddle(...args: string[]): Command {
  return new Command(built('cli/heddle.js'), args)
}
