import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeathCertificate } from './death-certificate.js'
import { type FromChild, type StartedInfo, type StartOptions, type ToChild, whyNotFromChild } from './ipc.js'
import { LastLines } from './last-lines.js'
import { rssOf } from './memory.js'

/** Output of a dead process that its own children still hold open is not waited for longer than this. */
const OUTPUT_GRACE_MS = 200

export interface ChildOptions {
  /** For people and logs. */
  name: string
  /** The module that the process runs. */
  entry: URL
  /** Where its scratch directory is made. Default: the system's directory for such. */
  scratchIn?: string | undefined
  /** Bytes. */
  memoryLimit?: number | undefined
}

/** How a process ended. */
export interface Ending {
  /** It said so before, or was told to. */
  readonly planned: boolean
  /** It said that another should take its place. */
  readonly again: boolean
  /** Why it could not start. */
  readonly failure: { code: string; message: string } | undefined
  readonly certificate: DeathCertificate
}

/** One worker process as its nanny sees it. It boots at once, and starts its worker at `begin`. */
export class Child {
  readonly scratch: string
  /** Resolves when the worker has registered; stays pending if it never does. */
  readonly started: Promise<StartedInfo>
  /** Resolves when the process is gone. Never rejects. */
  readonly ended: Promise<Ending>
  /** Known from its registration to its end. */
  info: StartedInfo | undefined
  /** Of its worker; stays known after the end. */
  address: string | undefined
  #process: ChildProcess
  #options: ChildOptions
  #bornAt = performance.now()
  #output = new LastLines()
  #planned = false
  #again = false
  #failure: Ending['failure']
  #rss: number | undefined
  #reclaimable = 0
  #samplesOver = 0
  #overLimit = false
  #onStarted!: (info: StartedInfo) => void

  constructor(options: ChildOptions) {
    this.#options = options
    this.scratch = makeScratch(options.scratchIn)
    this.#process = forkEntry(options.entry, [this.scratch])
    this.started = new Promise((resolve) => {
      this.#onStarted = resolve
    })
    this.ended = this.#end()
    this.#process.on('message', (message) => this.#onMessage(message))
    this.#relay(this.#process.stdout, process.stdout)
    this.#relay(this.#process.stderr, process.stderr)
  }

  /** 0 when the system could not start the process. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  begin(options: StartOptions, isSuccessor: boolean): void {
    this.#send({ op: 'start', options: { ...options, localDirectory: this.scratch }, isSuccessor })
  }

  /** Asks it to end, and kills it `graceMs` later if it has not. */
  async close(reason: string, graceMs: number): Promise<Ending> {
    this.#planned = true
    this.#send({ op: 'close', reason })
    const timer = setTimeout(() => this.kill(), graceMs)
    const ending = await this.ended
    clearTimeout(timer)
    return ending
  }

  /** Ends it without asking. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** Notes its memory now; ends it when that is above `share` of its limit twice in a row. */
  sampleMemory(share: number): void {
    this.#rss = rssOf(this.pid) ?? this.#rss
    const { memoryLimit } = this.#options
    const over = memoryLimit !== undefined && (this.#rss ?? 0) - this.#reclaimable > memoryLimit * share
    this.#samplesOver = over ? this.#samplesOver + 1 : 0
    if (this.#samplesOver < 2) return
    this.#overLimit = true
    this.kill()
  }

  #send(message: ToChild): void {
    // An error here means that the process is ending, which `ended` tells.
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  #onMessage(raw: unknown): void {
    if (whyNotFromChild(raw) !== undefined) return
    const message = raw as FromChild
    if (message.op === 'closing') this.#planned = true
    else if (message.op === 'again') this.#again = true
    else if (message.op === 'failed') this.#failure = { code: message.code, message: message.message }
    else if (message.op === 'memory') this.#reclaimable = message.reclaimable
    else {
      this.info = message.info
      this.address = message.info.address
      this.#onStarted(message.info)
    }
  }

  #relay(from: NodeJS.ReadableStream | null, to: NodeJS.WriteStream): void {
    if (from === null) return
    from.on('data', (chunk: Buffer) => this.#output.push(chunk.toString()))
    // Many processes share one output, each with a few listeners on it.
    to.setMaxListeners(0)
    from.pipe(to, { end: false })
  }

  async #end(): Promise<Ending> {
    const [exitCode, signal] = await exitOf(this.#process, this.#output)
    rmSync(this.scratch, { recursive: true, force: true })
    const certificate = {
      name: this.info?.name ?? this.#options.name,
      pid: this.pid,
      address: this.address,
      exitCode,
      signal,
      livedMs: performance.now() - this.#bornAt,
      rss: this.#rss,
      memoryLimit: this.#options.memoryLimit,
      overLimit: this.#overLimit,
      lastLines: this.#output.lines,
    }
    this.info = undefined
    return { planned: this.#planned, again: this.#again, failure: this.#failure, certificate }
  }
}

function makeScratch(parent = tmpdir()): string {
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'heddle-worker-'))
}

/** Starts a module as a process whose channel it can watch, without the loaders and inspectors of this one. */
export function forkEntry(entry: URL, args: string[] = [], stdio: 'pipe' | 'inherit' = 'pipe'): ChildProcess {
  const file = fileURLToPath(entry)
  // A TypeScript entry runs only where this process's own loader comes along.
  const execArgv = file.endsWith('.ts') ? process.execArgv : []
  return fork(file, args, { execArgv, stdio: ['ignore', stdio, stdio, 'ipc'] })
}

function exitOf(child: ChildProcess, output: LastLines): Promise<[number | null, string | null]> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      output.push(`${error.message}\n`)
      if (child.pid === undefined) resolve([null, null])
    })
    child.once('exit', (code, signal) => {
      const timer = setTimeout(() => resolve([code, signal]), OUTPUT_GRACE_MS)
      child.once('close', () => {
        clearTimeout(timer)
        resolve([code, signal])
      })
    })
  })
}
