/** A scheduler's core on a table: events by hand, a clock by hand, and what it said since the last look. */
import type { Artefact } from '../../../../src/code/artefact.js'
import type {
  FromClientMessage,
  FromWorkerMessage,
  MapSpec,
  TaskOptions,
  TaskSpec,
  ToClientMessage,
  ToWorkerMessage,
  WorkerInfo,
  WorkerMetrics,
} from '../../../../src/protocol/messages.js'
import { SchedulerCore } from '../../../../src/scheduler/core/core.js'
import type { Event, Instruction } from '../../../../src/scheduler/core/events.js'
import type { CoreOptions } from '../../../../src/scheduler/core/options.js'
import { Encoded } from '../../../../src/values/encoded.js'

export const ARGS = new Encoded(new Uint8Array(1), [], 1)
export const ALICE = 'tcp://10.0.0.1:1'
export const BOB = 'tcp://10.0.0.2:1'
export const CAROL = 'tcp://10.0.0.3:1'
export const CLIENT = 'client-1'
export const OTHER = 'client-2'

type ToWorkerOf<O extends ToWorkerMessage['op']> = Extract<ToWorkerMessage, { op: O }>
type ToClientOf<O extends ToClientMessage['op']> = Extract<ToClientMessage, { op: O }>
type Finished = Extract<FromWorkerMessage, { op: 'task-finished' }>
type Erred = Extract<FromWorkerMessage, { op: 'task-erred' }>

/** A task of a graph, in short: its inputs, and what is not usual about it. */
export type Short = string[] | Partial<TaskSpec>

export class TableTop {
  now = 0
  readonly core: SchedulerCore
  /** Everything since the last `clear`. */
  out: Instruction[] = []
  /** How many the core was told of. */
  events = 0

  constructor(options: Partial<CoreOptions> = {}) {
    const encodeError = (error: Error) => new Encoded(new TextEncoder().encode(error.message), [], 1)
    this.core = new SchedulerCore({ epoch: 1, encodeError, validate: true, prefetchMs: 0, ...options })
  }

  push(event: Event): Instruction[] {
    this.events++
    const out = this.core.handle(event, this.now)
    this.out.push(...out)
    this.core.assertValid()
    return out
  }

  /** Lets time pass; a tick comes at its end. */
  advance(ms: number): Instruction[] {
    this.now += ms
    return this.push({ type: 'tick' })
  }

  /** As many turns as a long job asks for. Gives their number. */
  goOn(): number {
    let turns = 0
    for (let more = this.out.some((i) => i.do === 'continue'); more; turns++)
      more = this.push({ type: 'continue' }).some((i) => i.do === 'continue')
    return turns
  }

  worker(address = ALICE, info: Partial<WorkerInfo> = {}): string {
    this.push({ type: 'worker-joined', worker: workerInfo(address, info) })
    return address
  }

  leave(worker: string, more: { expected?: boolean; reason?: string; outgrewMemory?: boolean } = {}): void {
    this.push({ type: 'worker-left', worker, expected: false, reason: 'the connection was lost', ...more })
  }

  client(client = CLIENT): string {
    this.push({ type: 'client-joined', client })
    return client
  }

  say(message: FromClientMessage, client = CLIENT): Instruction[] {
    return this.push({ type: 'client-message', client, message })
  }

  hear(worker: string, message: FromWorkerMessage): Instruction[] {
    return this.push({ type: 'worker-message', worker, message })
  }

  heartbeat(worker: string, executing: Record<string, number> = {}, metrics: Partial<WorkerMetrics> = {}): void {
    const all = { ...NO_METRICS, ...metrics }
    this.push({ type: 'worker-heartbeat', worker, metrics: all, executing: new Map(Object.entries(executing)) })
  }

  /** Submits tasks by key. All are wanted, unless `keys` says which. */
  graph(tasks: Record<string, Short>, more: { keys?: string[]; options?: TaskOptions; client?: string } = {}): void {
    const specs = Object.entries(tasks).map(([key, short]) => taskSpec(key, short))
    const keys = more.keys ?? Object.keys(tasks)
    const message = { op: 'update-graph' as const, tasks: specs, keys, code: specs.map(codeOf) }
    this.say(more.options ? { ...message, options: more.options } : message, more.client)
  }

  map(prefix: string, length: number, more: Partial<MapSpec> & { options?: TaskOptions; client?: string } = {}): void {
    const { options, client, ...spec } = more
    const maps = [mapSpec(prefix, length, spec)]
    const message = { op: 'update-graph' as const, tasks: [], maps, keys: [], code: maps.map(codeOf) }
    this.say(options ? { ...message, options } : message, client)
  }

  release(...keys: string[]): void {
    this.say({ op: 'client-releases-keys', keys })
  }

  cancel(keys: string[], more: { force?: boolean; client?: string } = {}): void {
    this.say({ op: 'cancel-keys', keys, force: more.force ?? false, reason: 'by a test' }, more.client)
  }

  /** The run that was asked for last ends well. */
  finish(key: string, more: Partial<Finished> = {}): void {
    const { worker, run_id } = this.lastRun(key)
    const timing = { thread: 0, start: 1000, stop: 2000 }
    this.hear(worker, { op: 'task-finished', key, run_id, nbytes: 8, typename: 'number', ...timing, ...more })
  }

  fail(key: string, more: Partial<Erred> = {}): void {
    const { worker, run_id } = this.lastRun(key)
    const timing = { thread: 0, start: 1000, stop: 2000 }
    this.hear(worker, { op: 'task-erred', key, run_id, error: ARGS, kind: 'raised', ...timing, ...more })
  }

  has(worker: string, keys: string[], more: { replaces?: boolean; stimulus_id?: string } = {}): void {
    this.hear(worker, { op: 'add-keys', keys, nbytes: keys.map(() => 8), stimulus_id: 'x', ...more })
  }

  /** Where the key was sent last, and under which id. */
  lastRun(key: string): { worker: string; run_id: number } {
    const found = this.#ever('compute-task').findLast(({ message }) => message.key === key)
    if (found === undefined) throw new Error(`${key} was not sent to a worker`)
    return { worker: found.worker, run_id: found.message.run_id }
  }

  /** What was sent to that worker, or to all, since the last `clear`. */
  told<O extends ToWorkerMessage['op']>(op: O, worker?: string): ToWorkerOf<O>[] {
    return this.#sent(op, this.out).flatMap((i) => (worker === undefined || i.worker === worker ? [i.message] : []))
  }

  /** What was sent to that worker from the beginning. */
  everTold<O extends ToWorkerMessage['op']>(op: O, worker: string): ToWorkerOf<O>[] {
    return this.#ever(op).flatMap((i) => (i.worker === worker ? [i.message] : []))
  }

  /** Keys that were sent to run since the last `clear`, as `key@worker`, in order. */
  get sent(): string[] {
    return this.#sent('compute-task', this.out).map(({ worker, message }) => `${message.key}@${nameOf(worker)}`)
  }

  heard<O extends ToClientMessage['op']>(op: O, client = CLIENT): ToClientOf<O>[] {
    return this.out.flatMap((i) =>
      i.do === 'to-client' && i.client === client && i.message.op === op ? [i.message as ToClientOf<O>] : [],
    )
  }

  /** `key: state` of all that are known. */
  get states(): Record<string, string> {
    return Object.fromEntries(this.core.tasks())
  }

  clear(): void {
    this.#past.push(...this.out)
    this.out = []
  }

  readonly #past: Instruction[] = []

  #ever<O extends ToWorkerMessage['op']>(op: O): { worker: string; message: ToWorkerOf<O> }[] {
    return this.#sent(op, [...this.#past, ...this.out])
  }

  #sent<O extends ToWorkerMessage['op']>(op: O, out: Instruction[]): { worker: string; message: ToWorkerOf<O> }[] {
    return out.flatMap((i) =>
      i.do === 'to-worker' && i.message.op === op ? [{ worker: i.worker, message: i.message as ToWorkerOf<O> }] : [],
    )
  }
}

const NAMES: Record<string, string> = { [ALICE]: 'alice', [BOB]: 'bob', [CAROL]: 'carol' }

function nameOf(address: string): string {
  return NAMES[address] ?? address
}

export function workerInfo(address: string, info: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    address,
    name: nameOf(address),
    nthreads: 1,
    memory_limit: null,
    local_directory: '',
    resources: {},
    services: {},
    nanny: null,
    pid: 1,
    host: new URL(address.replace('tcp', 'http')).hostname,
    holds: new Map(),
    ...info,
  }
}

function codeOf({ function: ref }: { function: string }): Artefact {
  return { hash: ref.slice(0, ref.indexOf('#')), kind: 'function', name: 'f', body: '', externals: [] }
}

export function taskSpec(key: string, short: Short = []): TaskSpec {
  const more = Array.isArray(short) ? { deps: short } : short
  return { key, function: 'code#f', args: ARGS, deps: [], recipe: `recipe of ${key}`, ...more }
}

export function mapSpec(prefix: string, length: number, more: Partial<MapSpec> = {}): MapSpec {
  const offsets = new Uint8Array(Uint32Array.from({ length: length + 1 }, (_, i) => i).buffer)
  return {
    ...{ prefix, length, function: 'code#f', args: new Uint8Array(length), offsets, buffers: new Map() },
    ...{ deps: new Map(), shared_deps: [], recipe: `recipe of ${prefix}` },
    ...more,
  }
}

const NO_METRICS: WorkerMetrics = {
  memory: 0,
  managed_bytes: 0,
  spilled_bytes: 0,
  cpu: 0,
  event_loop_delay: 0,
  executing: 0,
  ready: 0,
  in_flight: 0,
  in_memory: 0,
  transfer_incoming_bytes: 0,
  transfer_outgoing_bytes: 0,
  transfer_incoming_count: 0,
  transfer_outgoing_count: 0,
  bandwidth: 0,
}
