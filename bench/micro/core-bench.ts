import type { FromWorkerMessage, MapSpec, TaskSpec, ToWorkerMessage, WorkerInfo } from '../../src/protocol/messages.js'
import { SchedulerCore } from '../../src/scheduler/core/core.js'
import type { Instruction } from '../../src/scheduler/core/events.js'
import { Encoded } from '../../src/values/encoded.js'

export const CLIENT = 'client'
export const WORKERS = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1']
const RESULT = new Encoded(new Uint8Array([1]), [], 4)
const CODE = { hash: 'code', kind: 'function' as const, name: 'f', body: '', externals: [] }

type Event = Parameters<SchedulerCore['handle']>[0]

/** A scheduler's core with a client and workers that answer at once, until they are told to stop. */
export class CoreBench {
  readonly core = new SchedulerCore({ epoch: 1, encodeError: () => RESULT })
  #inbox: { worker: string; message: ToWorkerMessage }[] = []
  #unanswered: { worker: string; message: ToWorkerMessage }[] = []
  #more = false
  #now = 0
  told = 0
  /** When each event began and ended, milliseconds. */
  readonly turns: { start: number; end: number }[] = []
  /** What workers do with what comes. `large`: results are not sent along. */
  answers: 'small' | 'large' | 'failures' | 'none' = 'small'

  constructor(workers = WORKERS) {
    for (const address of workers) this.join(address)
    this.push({ type: 'client-joined', client: CLIENT })
  }

  get longestMs(): number {
    return Math.max(0, ...this.turns.map(({ start, end }) => end - start))
  }

  join(address: string): void {
    this.push({ type: 'worker-joined', worker: info(address) })
  }

  push(event: Event): void {
    const start = performance.now()
    const out = this.core.handle(event, ++this.#now)
    const end = performance.now()
    if (end - start > 1) this.turns.push({ start, end })
    for (const instruction of out) this.#carryOut(instruction)
  }

  say(message: Extract<Event, { type: 'client-message' }>['message']): void {
    this.push({ type: 'client-message', client: CLIENT, message })
  }

  #carryOut(i: Instruction): void {
    if (i.do === 'to-worker' && i.message.op === 'compute-task') this.#inbox.push(i)
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
      const inbox = this.#inbox
      this.#inbox = []
      for (const { worker, message } of inbox) this.#answer(worker, message)
    }
  }

  /** What was sent while nothing was answered is answered now. */
  answerLate(answers: 'small' | 'failures'): void {
    this.answers = answers
    this.#inbox = this.#unanswered
    this.#unanswered = []
  }

  #answer(worker: string, message: ToWorkerMessage): void {
    if (message.op !== 'compute-task') return
    if (this.answers === 'none') return void this.#unanswered.push({ worker, message })
    const { key, run_id } = message
    this.push({ type: 'worker-message', worker, message: ANSWERS[this.answers](key, run_id) })
  }

  submit(prefix: string, length: number, inputs?: string): void {
    this.map(mapSpec(prefix, length, inputs))
  }

  map(spec: MapSpec): void {
    this.say({ op: 'update-graph', tasks: [], maps: [spec], keys: [], code: [CODE] })
  }

  /** Tasks that are submitted one by one; of the keys all are wanted, unless said which. */
  graph(tasks: TaskSpec[], keys = tasks.map(({ key }) => key)): void {
    this.say({ op: 'update-graph', tasks, keys, code: [CODE] })
  }
}

const STOP = 0.002
const ANSWERS: Record<'small' | 'large' | 'failures', (key: string, run_id: number) => FromWorkerMessage> = {
  small: (key, run_id) => ({
    op: 'task-finished',
    key,
    run_id,
    nbytes: 4,
    typename: 'number',
    thread: 0,
    start: 0,
    stop: STOP,
    inline: RESULT,
  }),
  large: (key, run_id) => ({
    op: 'task-finished',
    key,
    run_id,
    nbytes: 4000,
    typename: 'string',
    thread: 0,
    start: 0,
    stop: STOP,
  }),
  failures: (key, run_id) => ({
    op: 'task-erred',
    key,
    run_id,
    error: RESULT,
    kind: 'raised',
    thread: 0,
    start: 0,
    stop: STOP,
  }),
}

export function taskSpec(key: string, deps: string[] = []): TaskSpec {
  return { key, function: 'code#f', args: RESULT, deps, recipe: key }
}

export function mapSpec(prefix: string, length: number, inputs?: string): MapSpec {
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
