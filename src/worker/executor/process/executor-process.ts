/** The child's side of a `ProcessExecutor`: one task after the other. */
import { Worker } from 'node:worker_threads'
import { importPreloads } from '../../../code/preload.js'
import type { ClientTask, MakeTaskClients, TaskHooks } from '../../../code/task-clients.js'
import { provideDaskToTasks } from '../../../dask/provide.js'
import type { Key } from '../../../protocol/names.js'
import { decode } from '../../../values/decode.js'
import { prepareFamily } from '../../../values/families.js'
import { setTaskHost } from '../../task-context.js'
import { now } from '../clock.js'
import { remembered } from '../inline-executor.js'
import { CodeCache } from '../thread/code-cache.js'
import { Printing } from '../thread/console.js'
import { encodeError } from '../thread/encode-error.js'
import type { RunningTask } from '../thread/running-task.js'
import { currentJob, currentTask, OWN_BUFFERS, TaskRunner } from '../thread/task-runner.js'
import { type FromProcess, type ProcessJob, posted, received, type ToProcess } from './process-messages.js'

/** Ends this process when its parent is gone, though a task may never give the event loop a turn. */
const WATCH = `
const { workerData } = require('node:worker_threads')
setInterval(() => { if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL') }, 500)`

/** Runs until the worker ends it. Called once, by the process's entry file. */
export function runExecutorProcess(makeClients: MakeTaskClients): void {
  provideDaskToTasks()
  process.once('message', (message: ToProcess & { op: 'start' }) => {
    const child = new ExecutorProcess(message, makeClients)
    process.on('message', (next: ToProcess) => child.take(next))
    post({ op: 'ready' })
  })
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
}

function post(message: FromProcess): void {
  if (process.connected) process.send?.(message)
}

class ExecutorProcess {
  readonly #code: CodeCache
  readonly #runner: TaskRunner
  readonly #asked = new Set<number>()
  readonly #listening = new Set<number>()
  readonly #preloaded: Promise<void>

  constructor(start: ToProcess & { op: 'start' }, makeClients: MakeTaskClients) {
    const { number, workerName, validate, localDirectory, scheduler, tls, preload, parent } = start
    const secede = (task: ClientTask) => {
      if ((task as RunningTask).stepAside()) post({ op: 'seceded', id: (task as RunningTask).id })
    }
    const relay: TaskHooks['relay'] = (task, level, text) => printing.relay(level, task as RunningTask, text)
    const clients = makeClients({ scheduler, tls, workerName, current: currentJob, secede, relay })
    new Worker(WATCH, { eval: true, workerData: parent }).unref()
    this.#code = new CodeCache({ workerName, thread: number, localDirectory })
    const printing = new Printing(currentTask, (level, key, text, relayed) =>
      post({ op: 'log', level, key, text, relayed }),
    )
    this.#runner = new TaskRunner({ workerName, thread: number, validate, code: this.#code, printing, clients })
    setTaskHost({ current: currentTask, allocate: (nbytes) => new Uint8Array(nbytes), client: () => clients.get() })
    printing.capture()
    guardExit()
    process.on('uncaughtException', (error) => post({ op: 'crashed', error: posted(encodeError(error)) }))
    this.#preloaded = importPreloads(preload)
  }

  take(message: ToProcess): void {
    if (message.op === 'code') this.#code.add(message.artefact)
    else if (message.op === 'uncode') this.#code.remove(message.hash)
    else if (message.op === 'run') void this.#run(message.job)
    else if (message.op === 'abort') this.#abort(message.id)
  }

  async #run(job: ProcessJob): Promise<void> {
    const { id } = job
    await this.#preloaded
    await this.#code.prepare(job.function)
    // What it prints or throws must not overtake this.
    await new Promise<void>((resolve) => process.send?.({ op: 'begun', id, start: now() }, () => resolve()))
    const values = new Map(job.inputs)
    for (const value of values.values()) await prepareFamily(received(value))
    const rawInput = (key: Key) => received(values.get(key)!)
    const options = job.mutates ? OWN_BUFFERS : {}
    const input = remembered((key) => decode(rawInput(key), options))
    const line = { isAsked: () => this.#asked.has(id), noteTaken: () => void this.#listening.add(id) }
    const run = { ...job, args: received(job.args), inputs: [...values.keys()], input, rawInput, line }
    this.#runner.run(run, (_, { value, ...end }) => {
      this.#asked.delete(id)
      this.#listening.delete(id)
      post({ op: 'result', id, ...end, value: value && posted(value) })
    })
  }

  #abort(id: number): void {
    this.#asked.add(id)
    const listens = this.#listening.has(id)
    this.#runner.abort(id)
    post({ op: 'asked', id, listens })
  }
}

/** The worker is told what the code of the end is; the process ends when that has been written. */
function guardExit(): void {
  const { exit } = process
  process.exit = ((code?: number) => {
    const exitCode = Number(code ?? process.exitCode ?? 0)
    process.send?.({ op: 'exiting', code: exitCode }, () => exit.call(process, exitCode))
    throw new Error(`process.exit(${exitCode})`)
  }) as typeof process.exit
}
