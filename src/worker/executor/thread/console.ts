import { Console } from 'node:console'
import type { TaskLogLevel } from '../../../protocol/messages.js'
import type { Key } from '../../../protocol/names.js'
import { LineSplitter } from './line-splitter.js'

/** Methods of `console`, with the level at which they print. */
const METHODS = {
  log: 'log',
  info: 'info',
  warn: 'warn',
  error: 'error',
  debug: 'debug',
  dir: 'log',
  dirxml: 'log',
  table: 'log',
  count: 'log',
  countReset: 'warn',
  group: 'log',
  groupCollapsed: 'log',
  time: 'warn',
  timeEnd: 'log',
  timeLog: 'log',
  trace: 'error',
  assert: 'warn',
} as const satisfies Partial<Record<keyof Console, TaskLogLevel>>

const LONGEST_TEXT = 16 * 1024
/** What is beyond that in one second is counted and not sent; of a task that has said little, twice as much. */
const LINES_PER_SECOND = 1000
const CHARACTERS_PER_SECOND = 2 ** 20
const LITTLE = 10

type Send = (level: TaskLogLevel, key: Key | undefined, text: string, relayed?: true) => void

/** Who prints: a running task, or what is left of one. */
export interface Printer {
  readonly key: Key | undefined
  /** How many lines were sent: its outcome must not overtake them. */
  printed: number
  /** Texts that were left out and of which nobody knows yet. */
  leftOut: number
}

/** What was written without `console` has its lines to be found. */
const STREAMS = { stdout: 'log', stderr: 'warn' } as const satisfies Record<string, TaskLogLevel>

type Stream = keyof typeof STREAMS

/** What is printed in this thread, on its way to the worker: in order, with the task's key, and not without end. */
export class Printing {
  readonly #current: () => Printer | undefined
  readonly #send: Send
  /** Code that belongs to no running task. */
  readonly #nobody: Printer = { key: undefined, printed: 0, leftOut: 0 }
  readonly #written = new WeakMap<Printer, Partial<Record<Stream, LineSplitter>>>()
  #second = 0
  #lines = 0
  #characters = 0

  constructor(current: () => Printer | undefined, send: Send) {
    this.#current = current
    this.#send = send
  }

  /** From now on this thread's `console` prints here, and what is written to `process.stdout` and `stderr`. */
  capture(): void {
    this.#captureConsole()
    this.#captureStream('stdout')
    this.#captureStream('stderr')
  }

  #captureConsole(): void {
    let level: TaskLogLevel = 'log'
    const sink = { write: (text: string) => this.#print(level, text) } as unknown as NodeJS.WritableStream
    const inner = new Console({ stdout: sink, stderr: sink, ignoreErrors: false, colorMode: false })
    for (const [name, at] of Object.entries(METHODS) as [keyof typeof METHODS, TaskLogLevel][]) {
      const method = inner[name] as (...args: unknown[]) => void
      console[name] = (...args: unknown[]) => {
        level = at
        method.apply(inner, args)
      }
    }
    console.groupEnd = () => inner.groupEnd()
  }

  #captureStream(name: Stream): void {
    process[name].write = (piece: string | Uint8Array, ...rest: unknown[]) => {
      const isText = typeof piece === 'string' && typeof rest[0] === 'string'
      this.#linesOf(name).write(isText ? Buffer.from(piece, rest[0] as BufferEncoding) : piece)
      const done = rest.at(-1)
      if (typeof done === 'function') process.nextTick(done)
      return true
    }
  }

  #linesOf(name: Stream): LineSplitter {
    const printer = this.#current() ?? this.#nobody
    const splitters = this.#written.get(printer) ?? {}
    this.#written.set(printer, splitters)
    splitters[name] ??= new LineSplitter((line) => this.#count(STREAMS[name], printer, line))
    return splitters[name]
  }

  /** What another task has printed for this one is told as what it prints, but is in another worker's log. */
  relay(level: TaskLogLevel, printer: Printer, text: string): void {
    this.#count(level, printer, text, true)
  }

  /** To be called when a task ends, before that is told. */
  finish(printer: Printer): void {
    const { stdout, stderr } = this.#written.get(printer) ?? {}
    stdout?.end()
    stderr?.end()
    this.#tellLeftOut(printer)
  }

  #print(level: TaskLogLevel, line: string): boolean {
    this.#count(level, this.#current() ?? this.#nobody, line.slice(0, -1))
    return true
  }

  #count(level: TaskLogLevel, printer: Printer, text: string, relayed?: true): void {
    this.#lookAtClock()
    if (this.#isTooMuch(printer)) printer.leftOut++
    else {
      this.#lines++
      this.#characters += text.length
      this.#tellLeftOut(printer)
      this.#say(level, printer, text, relayed)
    }
  }

  #isTooMuch({ printed }: Printer): boolean {
    const allowed = printed < LITTLE ? 2 : 1
    return this.#lines >= allowed * LINES_PER_SECOND || this.#characters >= allowed * CHARACTERS_PER_SECOND
  }

  #lookAtClock(): void {
    const second = Math.floor(performance.now() / 1000)
    if (second === this.#second) return
    this.#second = second
    this.#lines = 0
    this.#characters = 0
  }

  #tellLeftOut(printer: Printer): void {
    if (printer.leftOut === 0) return
    const text = `${printer.leftOut} ${printer.leftOut === 1 ? 'line' : 'lines'} of output left out`
    printer.leftOut = 0
    this.#say('warn', printer, text)
  }

  #say(level: TaskLogLevel, printer: Printer, text: string, relayed?: true): void {
    printer.printed++
    this.#send(level, printer.key, text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text, relayed)
  }
}
