/** The thread's side of a `ThreadExecutor`: takes jobs, runs what it can claim, sends results. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { importPreloads } from '../../../code/preload.js'
import type { MakeTaskClients, TaskClients } from '../../../code/task-clients.js'
import { provideDaskToTasks } from '../../../dask/provide.js'
import { setTaskHost } from '../../task-context.js'
import { Cells } from '../cells.js'
import { now } from '../clock.js'
import { ThreadFlags } from '../flags.js'
import { Inbox, type ReceivedJob } from '../inbox.js'
import { Outbox } from '../outbox.js'
import type { FromThread, PostedRest, PostedResult, ThreadData, ToThread } from '../thread-messages.js'
import { CodeCache } from './code-cache.js'
import { Printing } from './console.js'
import { encodeError } from './encode-error.js'
import { LiveValues, toEncoded } from './live-values.js'
import { guardProcess } from './process-guard.js'
import { ResultSender, toPostedResult } from './result-sender.js'
import type { RunningTask } from './running-task.js'
import { currentJob, currentTask, type RunEnd, TaskRunner } from './task-runner.js'
import { ThreadMemory } from './thread-memory.js'
import { ThreadRun } from './thread-run.js'

/** After so long the thread looks at messages and timers before it goes on with its queue. */
const SLICE_MS = 5
/** How often the heap is measured, for the report of a death. */
const HEAP_SAMPLE_MS = 100
/** A replacement that cannot be set up waits so long before it says so. */
const FAILED_PRELOAD_MS = 1000

/** Runs until main ends or retires this thread. Called once, by the thread's entry file. */
export function runExecutorThread(makeClients: MakeTaskClients): void {
  if (parentPort === null) throw new Error('an executor thread can be started by a worker only')
  const port = parentPort
  provideDaskToTasks()
  const data = workerData as ThreadData
  const thread = new ExecutorThreadMain(data, port, makeClients)
  const begin = () => {
    port.on('message', (message: ToThread) => thread.take(message))
    port.postMessage({ op: 'ready' } satisfies FromThread)
  }
  if (data.preload.length === 0) begin()
  else void preload(data).then(begin)
}

/** An error that this rejects with ends the thread, like any other that nobody catches. */
async function preload({ preload: urls, isReplacement }: ThreadData): Promise<void> {
  try {
    await importPreloads(urls)
  } catch (error) {
    // The next replacement would most likely fail as well.
    if (isReplacement) await new Promise((resolve) => setTimeout(resolve, FAILED_PRELOAD_MS))
    throw error
  }
}

class ExecutorThreadMain {
  readonly #post: (message: FromThread) => void
  readonly #close: () => void
  readonly #cells: Cells
  readonly #flags: ThreadFlags
  readonly #results: ResultSender
  readonly #memory: ThreadMemory
  readonly #code: CodeCache
  readonly #values = new LiveValues()
  readonly #place: ConstructorParameters<typeof ThreadRun>[2]
  readonly #runner: TaskRunner
  readonly #clients: TaskClients
  readonly #inbox: Inbox
  /** What has come by message of jobs in the inbox. */
  readonly #rests = new Map<number, PostedRest>()
  /** Messages that have come. */
  #messages = 0
  #pumping = false
  #retired = false
  /** What main thinks of the tasks that wait here. */
  #believed = 0
  #heapSampled = 0
  #gone: number[] = []

  constructor(data: ThreadData, port: MessagePort, makeClients: MakeTaskClients) {
    const post = (message: FromThread) => port.postMessage(message)
    this.#post = post
    this.#close = () => {
      void this.#clients.close()
      port.close()
    }
    this.#cells = new Cells(data.cells)
    this.#place = { cells: this.#cells, values: this.#values }
    this.#flags = new ThreadFlags(data.flags)
    this.#inbox = new Inbox(data.inbox)
    this.#memory = new ThreadMemory((id) => this.#noteGone(id))
    this.#results = new ResultSender(new Outbox(data.outbox), post, this.#memory)
    this.#code = new CodeCache({
      workerName: data.workerName,
      thread: data.number,
      localDirectory: data.localDirectory,
    })
    this.#clients = makeClients({
      scheduler: data.scheduler,
      tls: data.tls,
      workerName: data.workerName,
      current: currentJob,
      secede: (task) => this.#secede(task as RunningTask),
      relay: (task, level, text) => printing.relay(level, task as RunningTask, text),
    })
    const printing = new Printing(currentTask, (level, key, text, relayed) =>
      post({ op: 'log', level, key, text, relayed }),
    )
    this.#runner = new TaskRunner({
      workerName: data.workerName,
      thread: data.number,
      validate: data.validate,
      code: this.#code,
      memory: this.#memory.forResult,
      printing,
      clients: this.#clients,
    })
    setTaskHost({ current: currentTask, allocate: this.#memory.allocate, client: () => this.#clients.get() })
    printing.capture()
    guardProcess({ flags: this.#flags, post, onCrash: (error) => this.#crash(error) })
  }

  take(message: ToThread): void {
    this.#messages++
    for (const artefact of message.code ?? []) this.#code.add(artefact)
    for (const hash of message.uncode ?? []) this.#code.remove(hash)
    for (const number of message.drop ?? []) this.#values.drop(number)
    for (const [id, memory] of message.watch ?? []) this.#memory.watch(id, memory)
    for (const [id, memory] of message.lend ?? []) this.#memory.takeLoan(id, memory)
    for (const [number, value] of message.values ?? []) this.#values.set(number, toEncoded(value))
    for (const [id, rest] of message.jobs ?? []) this.#rests.set(id, rest)
    for (const id of message.abort ?? []) this.#runner.abort(id)
    if (message.collect === true) this.#collect()
    if (message.retire === true) this.#retire()
    else if (!this.#pumping) this.#pump()
  }

  #pump = (): void => {
    this.#pumping = false
    const until = performance.now() + SLICE_MS
    for (let job = this.#nextJob(); job !== undefined; job = this.#nextJob()) {
      const run = this.#runOf(job)
      if (!this.#cells.claim(job, now())) continue
      if (this.#begin(run) === 'loading') return
      if (performance.now() < until) continue
      this.#pumpLater(this.#pump)
      return
    }
    this.#results.rest()
    this.#sampleHeap()
    if (this.#runner.running > 0) this.#pumpLater(this.#reportWaiting)
  }

  /** Undefined: there is none, and main knows that it has to wake this thread. */
  #nextJob(): ReceivedJob | undefined {
    if (this.#retired) return undefined
    const job = this.#inbox.take(this.#messages, this.#values)
    if (job !== undefined) return job
    this.#inbox.answer()
    return this.#inbox.take(this.#messages, this.#values)
  }

  #runOf(job: ReceivedJob): ThreadRun {
    const posted = job.rest === undefined ? this.#rests.get(job.id) : undefined
    if (posted !== undefined) this.#rests.delete(job.id)
    return new ThreadRun(job, posted, this.#place)
  }

  /** When messages, timers and promises had their turn. */
  #pumpLater(then: () => void): void {
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(then)
  }

  #begin(run: ThreadRun): 'begun' | 'loading' {
    const { learning } = this.#values
    if (learning !== undefined) return this.#after(learning, () => this.#begin(run))
    const loading = this.#code.prepare(run.function)
    // Not prepared again: code that cannot be loaded would be loaded for ever.
    return loading === undefined ? this.#run(run) : this.#after(loading, () => this.#run(run))
  }

  #run(run: ThreadRun): 'begun' {
    this.#runner.run(run, this.#onEnd)
    return 'begun'
  }

  /** Nothing else is begun while code is being loaded: what stands behind can still be taken back. */
  #after(loading: Promise<void>, then: () => 'begun' | 'loading'): 'loading' {
    this.#pumping = true
    void loading.then(() => {
      if (then() === 'begun') this.#pump()
    })
    return 'loading'
  }

  readonly #onEnd = (run: ThreadRun, end: RunEnd): void => {
    if (this.#believed > 0) this.#believed--
    this.#results.send(run, end, this.#inbox.hasNext)
    if (this.#retired && this.#runner.running === 0) this.#close()
  }

  #secede(task: RunningTask): void {
    if (task.stepAside()) this.#post({ op: 'seceded', id: task.id, cell: (task.line as ThreadRun).leaveCell() })
  }

  /** Promises that needed no more than a turn have ended by now. */
  #reportWaiting = (): void => {
    this.#pumping = false
    if (this.#inbox.hasNext) return this.#pump()
    const tasks = this.#runner.running
    if (tasks === this.#believed) return
    this.#believed = tasks
    this.#post({ op: 'waiting', tasks })
  }

  /** The registry's callbacks come in a later turn. */
  #collect(): void {
    this.#inbox.takeValues(this.#messages, this.#values)
    for (const id of this.#memory.returnLoans()) this.#noteGone(id)
    this.#memory.collect()
    setImmediate(() => setImmediate(() => this.#post({ op: 'collected' })))
  }

  /** Many are found gone together. */
  #noteGone(id: number): void {
    if (this.#gone.push(id) > 1) return
    setImmediate(() => {
      this.#post({ op: 'gone', ids: this.#gone })
      this.#gone = []
    })
  }

  #crash(error: unknown): PostedResult {
    this.#retired = true
    return toPostedResult(encodeError(error), this.#memory)
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
