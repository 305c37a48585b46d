/** The thread's side of a `ThreadExecutor`: takes jobs, runs what it can claim, sends results. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FunctionRef, Key } from '../../../protocol/names.js'
import { Encoded } from '../../../values/encoded.js'
import { setTaskHost } from '../../task-context.js'
import { Cells } from '../cells.js'
import { now } from '../clock.js'
import { ThreadFlags } from '../flags.js'
import { Outbox } from '../outbox.js'
import type { FromThread, PostedJob, ThreadData, ToThread } from '../thread-messages.js'
import { CodeCache } from './code-cache.js'
import { captureConsole } from './console.js'
import { encodeError } from './encode-error.js'
import { LiveValues } from './live-values.js'
import { sharedBytes } from './result-memory.js'
import { ResultSender } from './result-sender.js'
import { currentTask, type Run, TaskRunner } from './task-runner.js'

/** After so long the thread looks at messages and timers before it goes on with its queue. */
const SLICE_MS = 5
/** How often the heap is measured, for the report of a death. */
const HEAP_SAMPLE_MS = 100

interface QueuedJob {
  readonly job: PostedJob
  readonly function: FunctionRef
  readonly args: Encoded
}

/** Runs until main ends or retires this thread. Called once, by the thread's entry file. */
export function runExecutorThread(): void {
  if (parentPort === null) throw new Error('an executor thread can be started by a worker only')
  const thread = new ExecutorThreadMain(workerData as ThreadData, (message) => parentPort?.postMessage(message))
  parentPort.on('message', (message: ToThread) => thread.take(message))
  thread.guardProcess(() => parentPort?.close())
}

class ExecutorThreadMain {
  readonly #post: (message: FromThread) => void
  readonly #cells: Cells
  readonly #flags: ThreadFlags
  readonly #results: ResultSender
  readonly #code = new CodeCache()
  readonly #values = new LiveValues()
  readonly #runner: TaskRunner
  #queue: QueuedJob[] = []
  #next = 0
  #pumping = false
  #retired = false
  #close = () => {}
  /** What main thinks of the tasks that wait here. */
  #believed = 0
  #heapSampled = 0

  constructor(data: ThreadData, post: (message: FromThread) => void) {
    this.#post = post
    this.#cells = new Cells(data.cells)
    this.#flags = new ThreadFlags(data.flags)
    this.#results = new ResultSender(new Outbox(data.outbox), post)
    this.#runner = new TaskRunner({
      workerName: data.workerName,
      thread: data.number,
      validate: data.validate,
      code: this.#code,
      memory: sharedBytes,
    })
    setTaskHost({ current: currentTask, allocate: sharedBytes })
    captureConsole(
      () => currentTask()?.key,
      (level, key, text) => post({ op: 'log', level, key, text }),
    )
    post({ op: 'ready' })
  }

  /** What user code does to the process concerns this thread alone; main is told whose task it was. */
  guardProcess(close: () => void): void {
    this.#close = close
    const { exit, dlopen } = process
    process.exit = ((code?: number) => {
      this.#post({ op: 'exiting', id: currentTask()?.id, code: Number(code ?? process.exitCode ?? 0) })
      exit(code)
    }) as typeof process.exit
    process.dlopen = (...args: Parameters<typeof dlopen>) => {
      this.#flags.noteAddon()
      dlopen.apply(process, args)
    }
    process.on('uncaughtException', (error) => {
      this.#retired = true
      const { heapUsed } = process.memoryUsage()
      this.#post({ op: 'crashed', id: currentTask()?.id, error: encodeError(error), heapUsed })
    })
  }

  take(message: ToThread): void {
    for (const artefact of message.code ?? []) this.#code.add(artefact)
    for (const hash of message.uncode ?? []) this.#code.remove(hash)
    for (const number of message.drop ?? []) this.#values.drop(number)
    for (const [number, value] of message.values ?? []) this.#values.put(number, value)
    for (const job of message.jobs ?? []) this.#enqueue(job, message)
    for (const id of message.abort ?? []) this.#runner.abort(id)
    if (message.retire === true) this.#retire()
    else if (!this.#pumping) this.#pump()
  }

  #enqueue(job: PostedJob, { functions = [], heads }: ToThread): void {
    const head = (heads as Uint8Array).subarray(job.from, job.to)
    const args = new Encoded(head, job.buffers, head.byteLength)
    this.#queue.push({ job, function: functions[job.function] as FunctionRef, args })
  }

  #pump = (): void => {
    this.#pumping = false
    const until = performance.now() + SLICE_MS
    while (this.#next < this.#queue.length && !this.#retired) {
      const queued = this.#queue[this.#next++] as QueuedJob
      if (!this.#cells.claim(queued.job, now())) continue
      this.#begin(queued)
      if (performance.now() < until) continue
      this.#pumpLater(this.#pump)
      return
    }
    this.#queue = []
    this.#next = 0
    this.#sampleHeap()
    if (this.#runner.running > 0) this.#pumpLater(this.#reportWaiting)
  }

  /** When messages, timers and promises had their turn. */
  #pumpLater(then: () => void): void {
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(then)
  }

  #begin({ job, function: ref, args }: QueuedJob): void {
    const cells = this.#cells
    const values = this.#values
    const run: Run = {
      id: job.id,
      key: job.key,
      runId: job.runId,
      attempt: job.attempt,
      function: ref,
      args,
      inputs: keysOf(job.inputs),
      input: (key) => values.get(numberOf(job.inputs, key)),
      line: { isAsked: () => cells.isAbortAsked(job), noteTaken: () => cells.takeSignal(job) },
    }
    this.#runner.run(run, (end) => {
      if (this.#believed > 0) this.#believed--
      this.#results.send(job.id, end)
      if (this.#retired && this.#runner.running === 0) this.#close()
    })
  }

  /** Promises that needed no more than a turn have ended by now. */
  #reportWaiting = (): void => {
    this.#pumping = false
    if (this.#next < this.#queue.length) {
      this.#pump()
      return
    }
    const tasks = this.#runner.running
    if (tasks === this.#believed) return
    this.#believed = tasks
    this.#post({ op: 'waiting', tasks })
  }

  #retire(): void {
    this.#retired = true
    if (this.#runner.running === 0) this.#close()
  }

  #sampleHeap(): void {
    const time = performance.now()
    if (time - this.#heapSampled < HEAP_SAMPLE_MS) return
    this.#heapSampled = time
    this.#flags.noteHeap(process.memoryUsage().heapUsed)
  }
}

function keysOf(inputs: readonly (Key | number)[]): Key[] {
  return inputs.filter((one) => typeof one === 'string')
}

function numberOf(inputs: readonly (Key | number)[], key: Key): number {
  return inputs[inputs.indexOf(key) + 1] as number
}
