import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Artefact } from '../../code/artefact.js'
import type { Encoded } from '../../values/encoded.js'
import type { Job } from './executor.js'
import { type FromProcess, type ProcessSetup, posted, received, type ToProcess } from './process/process-messages.js'
import type { Result } from './thread-events.js'

/** How a process came to its end by itself. */
export interface ProcessDeath {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** An error that nobody caught. */
  readonly error: Encoded | undefined
  /** The task called process.exit with that. */
  readonly exit: number | undefined
  /** The end of what it wrote to stderr. */
  readonly words: string
}

export interface ProcessEvents {
  onReady(link: ProcessLink): void
  onBegun(link: ProcessLink): void
  /** Its task waits for other tasks, and needs no place meanwhile. */
  onSeceded(link: ProcessLink): void
  onResult(link: ProcessLink, result: Result): void
  onLog(link: ProcessLink, entry: Extract<FromProcess, { op: 'log' }>): void
  onDeath(link: ProcessLink, death: ProcessDeath): void
}

export interface ProcessOptions {
  readonly entry: URL
  readonly setup: ProcessSetup
  /** Of its JavaScript heap, bytes. Default: Node's. */
  readonly heapLimit: number | undefined
}

/** What a process that runs out of heap says last. */
const LAST_WORDS = 8192
/** After the end of a process its last words may still be on the way. */
const WORDS_GRACE_MS = 200

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
  #words = ''
  #asked: ((listens: boolean) => void) | undefined

  constructor({ entry, setup, heapLimit }: ProcessOptions, events: ProcessEvents) {
    this.number = setup.number
    this.#events = events
    // A TypeScript entry runs only where this process's own loader comes along.
    const loaders = entry.pathname.endsWith('.ts') ? process.execArgv : []
    const execArgv = [...loaders, ...heapOption(heapLimit)]
    const stdio = ['ignore', 'inherit', 'pipe', 'ipc'] as const
    this.#child = fork(fileURLToPath(entry), [], { execArgv, serialization: 'advanced', stdio: [...stdio] })
    this.#child.on('message', (message: FromProcess) => this.#onMessage(message))
    this.#child.on('error', () => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#hear(chunk))
    this.gone = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        resolve()
        const die = () => this.#die({ code, signal, error: this.#error, exit: this.#exit, words: this.#words })
        const timer = setTimeout(die, WORDS_GRACE_MS)
        this.#child.once('close', () => {
          clearTimeout(timer)
          die()
        })
      })
    })
    this.#send({ op: 'start', ...setup, parent: process.pid })
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
    const { id, key, runId, attempt, function: ref, mutates } = job
    this.#send({ op: 'run', job: { id, key, runId, attempt, function: ref, mutates, args: posted(job.args), inputs } })
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
      case 'seceded':
        if (this.job?.id === message.id) this.#events.onSeceded(this)
        return
      case 'asked':
        return this.#asked?.(message.listens)
      case 'log':
        return this.#events.onLog(this, message)
      case 'crashed':
        this.#error = received(message.error)
        return this.#die({ code: null, signal: null, error: this.#error, exit: undefined, words: '' })
      case 'exiting':
        this.#exit = message.code
        return this.#die({ code: message.code, signal: null, error: undefined, exit: message.code, words: '' })
      case 'result':
        return this.#onResult(message.id, { ...message, value: message.value && received(message.value) })
    }
  }

  #onResult(id: number, result: Result): void {
    if (this.job?.id !== id) return
    clearTimeout(this.timer)
    this.#asked?.(true)
    this.#events.onResult(this, result)
    this.job = undefined
    this.#rest()
  }

  #die(death: ProcessDeath): void {
    if (this.ended) return
    this.end()
    this.#events.onDeath(this, death)
  }

  #hear(chunk: Buffer): void {
    process.stderr.write(chunk)
    this.#words = (this.#words + chunk.toString('latin1')).slice(-LAST_WORDS)
  }

  #rest(): void {
    this.#child.unref()
    ;(this.#child.stderr as Socket | null)?.unref()
    this.#child.channel?.unref()
  }

  #send(message: ToProcess): void {
    // One that is gone is heard of by its exit.
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

function heapOption(limit: number | undefined): string[] {
  return limit === undefined ? [] : [`--max-old-space-size=${Math.ceil(limit / 2 ** 20)}`]
}
