/** A worker's core on a table: events by hand, a clock by hand, and what it said since the last look. */
import type { FromWorkerMessage, ToWorkerMessage } from '../../../../src/protocol/messages.js'
import { Encoded } from '../../../../src/values/encoded.js'
import { WorkerCore } from '../../../../src/worker/core/core.js'
import type { Event, ExecuteOutcome, Instruction } from '../../../../src/worker/core/events.js'
import type { WorkerCoreOptions } from '../../../../src/worker/core/state.js'

export const ARGS = new Encoded(new Uint8Array(1), [], 1)
export const ALICE = 'tcp://10.0.0.1:1'
export const BOB = 'tcp://10.0.0.2:1'
export const CAROL = 'tcp://10.0.0.3:1'

type Of<D extends Instruction['do']> = Extract<Instruction, { do: D }>
type Said<O extends FromWorkerMessage['op']> = Extract<FromWorkerMessage, { op: O }>
type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>

export class TableTop {
  now = 0
  readonly core: WorkerCore
  /** Everything since the last `clear`. */
  out: Instruction[] = []
  #runId = 100

  constructor(options: Partial<WorkerCoreOptions> = {}) {
    this.core = new WorkerCore({ nthreads: 1, validate: true, random: () => 0.5, address: ALICE, ...options })
  }

  push(event: Event): Instruction[] {
    const out = this.core.handle(event, this.now)
    this.out.push(...out)
    return out
  }

  message(message: ToWorkerMessage): Instruction[] {
    return this.push({ type: 'scheduler-message', message })
  }

  /** Lets time pass; a tick comes if one was asked for. */
  advance(ms: number): Instruction[] {
    this.now += ms
    return this.push({ type: 'tick' })
  }

  /** Gives the run id. `inputs` are holders by key. */
  compute(key: string, inputs: Record<string, string[]> = {}, more: Partial<ComputeTask> = {}): number {
    const run_id = more.run_id ?? ++this.#runId
    const who_has = new Map(Object.entries(inputs))
    const nbytes = new Map([...who_has.keys()].map((dep) => [dep, 8]))
    const rest = { priority: [0, 1, run_id], function: 'hash#f', args: ARGS, attempt: 1 } as const
    this.message({ op: 'compute-task', key, who_has, nbytes, ...rest, priority: [...rest.priority], ...more, run_id })
    return run_id
  }

  direct(request: number, key: string, deps: string[] = [], whoHas: Record<string, string[]> = {}): void {
    const holders = new Map(Object.entries(whoHas))
    this.push({ type: 'compute-direct', request, key, function: 'hash#f', args: ARGS, deps, whoHas: holders })
  }

  free(...keys: string[]): void {
    this.message({ op: 'free-keys', keys, stimulus_id: 'free' })
  }

  put(key: string, nbytes = 8): void {
    this.push({ type: 'put', keys: new Map([[key, nbytes]]), report: false })
  }

  /** The run of this key ends so; well, unless told otherwise. */
  executed(key: string, outcome: Partial<ExecuteOutcome> = { status: 'ok' }): void {
    const timing = { thread: 0, start: 1, stop: 2 }
    const whole =
      outcome.status === 'ok' ? { nbytes: 8, typename: 'number', ...timing, ...outcome } : { ...timing, ...outcome }
    this.push({ type: 'executed', key, runId: this.runOf(key), outcome: whole as ExecuteOutcome })
  }

  fails(key: string): void {
    this.executed(key, { status: 'error', kind: 'raised', error: ARGS })
  }

  withdrawn(key: string, ok: boolean): void {
    this.push({ type: 'withdrawn', key, runId: this.runOf(key), ok })
  }

  /** The last request to that peer is answered with these keys. */
  delivers(peer: string, ...keys: string[]): void {
    this.answers(peer, { status: 'ok', keys: new Map(keys.map((key) => [key, 8])) })
  }

  answers(peer: string, outcome: Extract<Event, { type: 'gathered' }>['outcome']): void {
    const gather = this.#last('gather', (i) => i.peer === peer)
    this.push({ type: 'gathered', id: gather.id, peer, outcome })
  }

  /** Run id under which the executor was last given this key. */
  runOf(key: string): number {
    return this.#last('execute', (i) => i.key === key).runId
  }

  all<D extends Instruction['do']>(kind: D): Of<D>[] {
    return this.out.filter((i): i is Of<D> => i.do === kind)
  }

  said<O extends FromWorkerMessage['op']>(op: O): Said<O>[] {
    return this.all('send').flatMap(({ message }) => (message.op === op ? [message as Said<O>] : []))
  }

  /** Keys handed to the executor so far, in order. */
  get started(): string[] {
    return this.all('execute').map((i) => i.key)
  }

  /** What was asked of whom so far: `peer: keys`. */
  get asked(): string[] {
    return this.all('gather').map((i) => `${i.peer}: ${i.keys.join(' ')}`)
  }

  clear(): void {
    this.#past.push(...this.out)
    this.out = []
  }

  readonly #past: Instruction[] = []

  #last<D extends Instruction['do']>(kind: D, is: (i: Of<D>) => boolean): Of<D> {
    const found = [...this.#past, ...this.out].filter((i): i is Of<D> => i.do === kind && is(i as Of<D>)).at(-1)
    if (found === undefined) throw new Error(`no ${kind} was asked for`)
    return found
  }
}
