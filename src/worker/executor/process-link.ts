import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Artefact } from '../../code/artefact.js'
import type { Encoded } from '../../values/encoded.js'
import type { Job } from './executor.js'
import { type FromProcess, posted, received, type ToProcess } from './process/process-messages.js'
import type { Result } from './thread-events.js'

/** How a process came to its end by itself. */
export interface ProcessDeath {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** An error that nobody caught. */
  readonly error: Encoded | undefined
  /** The task called process.exit with that. */
  readonly exit: number | undefined
}

export interface ProcessEvents {
  onReady(link: ProcessLink): void
  onBegun(link: ProcessLink): void
  onResult(link: ProcessLink, result: Result): void
  onLog(link: ProcessLink, entry: Extract<FromProcess, { op: 'log' }>): void
  onDeath(link: ProcessLink, death: ProcessDeath): void
}

export interface ProcessOptions {
  readonly entry: URL
  readonly number: number
  readonly workerName: string
  readonly validate: boolean
  readonly localDirectory: string
}

/** A worker's end of one child process, which has one job at a time. */
export class ProcessLink {
  readonly number: number
  job: Job | undefined
  /** When the job began; undefined: it is on its way. */
  start: number | undefined
  /** It is to end: what it gives is no longer of interest. */
  ending: 'aborted' | 'timeout' | undefined
  timer: NodeJS.Timeout | undefined
  isReady = false
  ended = false
  readonly gone: Promise<void>
  readonly #child: ChildProcess
  readonly #codes = new Set<string>()
  readonly #events: ProcessEvents
  #error: Encoded | undefined
  #exit: number | undefined
  #asked: ((listens: boolean) => void) | undefined

  constructor({ entry, ...options }: ProcessOptions, events: ProcessEvents) {
    this.number = options.number
    this.#events = events
    // A TypeScript entry runs only where this process's own loader comes along.
    const execArgv = entry.pathname.endsWith('.ts') ? process.execArgv : []
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    this.#child = fork(fileURLToPath(entry), [], { execArgv, serialization: 'advanced', stdio: [...stdio] })
    this.#child.on('message', (message: FromProcess) => this.#onMessage(message))
    this.#child.on('error', () => {})
    this.gone = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        resolve()
        if (!this.ended) this.#die({ code, signal, error: this.#error, exit: this.#exit })
      })
    })
    this.#send({ op: 'start', ...options, parent: process.pid })
    this.#rest()
  }

  hasCode(hash: string): boolean {
    return this.#codes.has(hash)
  }

  addCode(artefact: Artefact): void {
    this.#codes.add(artefact.hash)
    this.#send({ op: 'code', artefact })
  }

  removeCode(hash: string): void {
    if (this.#codes.delete(hash)) this.#send({ op: 'uncode', hash })
  }

  give(job: Job): void {
    this.job = job
    this.start = undefined
    this.ending = undefined
    this.#child.ref()
    this.#child.channel?.ref()
    const inputs = [...job.inputs].map(([key, value]) => [key, posted(value)] as const)
    this.#send({ op: 'run', job: { ...job, args: posted(job.args), inputs } })
  }

  /** Fires the task's signal; resolves whether it took that, which a task that is busy for `ms` cannot say. */
  askAbort(ms: number): Promise<boolean> {
    const { job } = this
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms)
      this.#asked = (listens) => {
        clearTimeout(timer)
        resolve(listens)
      }
      this.#send({ op: 'abort', id: job!.id })
    })
  }

  /** Ends the process, now. Nothing is reported any more. */
  end(): void {
    this.ended = true
    clearTimeout(this.timer)
    this.#asked?.(false)
    this.#child.kill('SIGKILL')
    this.#rest()
  }

  #onMessage(message: FromProcess): void {
    if (this.ended) return
    switch (message.op) {
      case 'ready':
        this.isReady = true
        return this.#events.onReady(this)
      case 'begun':
        this.start = message.start
        return this.#events.onBegun(this)
      case 'asked':
        return this.#asked?.(message.listens)
      case 'log':
        return this.#events.onLog(this, message)
      case 'crashed':
        this.#error = received(message.error)
        return this.#die({ code: null, signal: null, error: this.#error, exit: undefined })
      case 'exiting':
        this.#exit = message.code
        return this.#die({ code: message.code, signal: null, error: undefined, exit: message.code })
      case 'result':
        return this.#onResult({ ...message, value: message.value && received(message.value) })
    }
  }

  #onResult(result: Result): void {
    if (this.job?.id !== result.id) return
    clearTimeout(this.timer)
    this.#asked?.(true)
    this.#events.onResult(this, result)
    this.job = undefined
    this.#rest()
  }

  #die(death: ProcessDeath): void {
    this.end()
    this.#events.onDeath(this, death)
  }

  #rest(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  #send(message: ToProcess): void {
    // One that is gone is heard of by its exit.
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}
