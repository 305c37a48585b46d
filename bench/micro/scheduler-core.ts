/**
 * The scheduler's core alone: a map of no-op tasks on two single-thread workers that answer at once.
 * `npx tsx --expose-gc bench/micro/scheduler-core.ts [tasks]`: microseconds of CPU (collector's threads included) and bytes per task.
 */
import type { FromWorkerMessage, MapSpec, ToWorkerMessage, WorkerInfo } from '../../src/protocol/messages.js'
import { SchedulerCore } from '../../src/scheduler/core/core.js'
import type { Instruction } from '../../src/scheduler/core/events.js'
import { Encoded } from '../../src/values/encoded.js'

const CLIENT = 'client'
const WORKERS = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1']
const RESULT = new Encoded(new Uint8Array([1]), [], 4)
const CODE = { hash: 'code', kind: 'function' as const, name: 'f', body: '', externals: [] }

class Bench {
  readonly core = new SchedulerCore({ epoch: 1, encodeError: () => RESULT })
  readonly #inbox: { worker: string; message: ToWorkerMessage }[] = []
  #more = false
  #now = 0
  told = 0
  longestMs = 0

  constructor() {
    for (const address of WORKERS) this.push({ type: 'worker-joined', worker: info(address) })
    this.push({ type: 'client-joined', client: CLIENT })
  }

  push(event: Parameters<SchedulerCore['handle']>[0]): void {
    const start = performance.now()
    const out = this.core.handle(event, ++this.#now)
    this.longestMs = Math.max(this.longestMs, performance.now() - start)
    for (const instruction of out) this.#carryOut(instruction)
  }

  #carryOut(i: Instruction): void {
    if (i.do === 'to-worker') this.#inbox.push(i)
    else if (i.do === 'to-client' && i.message.op === 'key-in-memory') this.told++
    else if (i.do === 'continue') this.#more = true
  }

  /** Until all is said; workers answer what came in one turn together. */
  run(): void {
    while (this.#inbox.length > 0 || this.#more) {
      if (this.#more) {
        this.#more = false
        this.push({ type: 'continue' })
      }
      for (const { worker, message } of this.#inbox.splice(0))
        if (message.op === 'compute-task') this.push({ type: 'worker-message', worker, message: finished(message) })
    }
  }

  submit(prefix: string, length: number, inputs?: string): void {
    const maps = [mapSpec(prefix, length, inputs)]
    this.push({
      type: 'client-message',
      client: CLIENT,
      message: { op: 'update-graph', tasks: [], maps, keys: [], code: [CODE] },
    })
  }
}

function finished({ key, run_id }: Extract<ToWorkerMessage, { op: 'compute-task' }>): FromWorkerMessage {
  const result = { nbytes: 4, typename: 'undefined', thread: 0, start: 0, stop: 0.002, inline: RESULT }
  return { op: 'task-finished', key, run_id, ...result }
}

function mapSpec(prefix: string, length: number, inputs?: string): MapSpec {
  const offsets = new Uint8Array(Uint32Array.from({ length: length + 1 }, (_, i) => 3 * i).buffer)
  const deps = new Map(inputs === undefined ? [] : Array.from({ length }, (_, i) => [i, [`${inputs}-${i}`]]))
  const args = new Uint8Array(3 * length)
  return {
    prefix,
    function: 'code#f',
    length,
    args,
    offsets,
    buffers: new Map(),
    deps,
    shared_deps: [],
    recipe: prefix,
  }
}

function info(address: string): WorkerInfo {
  return {
    ...{ address, name: address, nthreads: 1, memory_limit: 4e9, local_directory: '', resources: {}, services: {} },
    ...{ nanny: null, pid: 1, host: '10.0.0.1', holds: new Map() },
  }
}

/** Of this process: others on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function heap(): number {
  global.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** One line of the table. */
function measure(name: string, tasks: number, submit: (bench: Bench) => void, before = (_: Bench) => {}): void {
  const bench = new Bench()
  before(bench)
  bench.run()
  const empty = heap()
  bench.longestMs = 0
  bench.told = 0
  const start = cpuMs()
  submit(bench)
  const accepted = cpuMs() - start
  const waiting = (heap() - empty) / tasks
  const begin = cpuMs()
  bench.run()
  const ms = accepted + cpuMs() - begin
  if (bench.told !== tasks) throw new Error(`${bench.told} of ${tasks} tasks ended`)
  console.log(
    `${name}: ${((ms * 1000) / tasks).toFixed(2)} us per task, first turn ${accepted.toFixed(1)} ms, longest turn ` +
      `${bench.longestMs.toFixed(0)} ms, ${waiting.toFixed(0)} bytes per waiting task, ` +
      `${((heap() - empty) / tasks).toFixed(0)} bytes per kept task`,
  )
}

const n = Number(process.argv[2] ?? 0)
for (const tasks of n > 0 ? [n] : [10_000, 10_000, 100_000, 1_000_000]) {
  measure(`map of ${tasks}`, tasks, (b) => b.submit('m', tasks))
  if (tasks <= 100_000) {
    const first = (b: Bench) => b.submit('a', tasks)
    measure(`map over ${tasks} results`, tasks, (b) => b.submit('b', tasks, 'a'), first)
    measure(`two maps of ${tasks}, one over the other`, 2 * tasks, (b) => {
      b.submit('a', tasks)
      b.submit('b', tasks, 'a')
    })
  }
}
