/** The scheduler's core, some workers' cores, and some clients; wires, threads, disks and the clock are the dice's. */
import type { FromClientMessage, FromWorkerMessage, ToClientMessage, ToWorkerMessage } from '../protocol/messages.js'
import { SchedulerCore } from '../scheduler/core/core.js'
import type { Event, Instruction } from '../scheduler/core/events.js'
import { Dice } from './dice.js'
import type { SimulationOptions } from './options.js'
import { SimClient } from './sim-client.js'
import { SimWorker, STRONG, strengthOf } from './sim-worker.js'
import { Stream } from './stream.js'
import { Timeline } from './timeline.js'
import { encodeText, type Plan } from './work.js'

interface WorkerLink {
  readonly worker: SimWorker
  readonly down: Stream<ToWorkerMessage>
  readonly up: Stream<FromWorkerMessage>
}

interface ClientLink {
  readonly client: SimClient
  readonly down: Stream<ToClientMessage>
  readonly up: Stream<FromClientMessage>
}

/** See above. */
export class World {
  readonly time = new Timeline()
  readonly dice: Dice
  readonly core: SchedulerCore
  readonly workers = new Map<string, WorkerLink>()
  /** Those that lost their connection and will be back. */
  readonly absent = new Set<SimWorker>()
  readonly clients = new Map<string, ClientLink>()
  /** What was wrong first. */
  failure: string | undefined
  /** What was ever submitted. */
  readonly plans = new Map<string, Plan>()
  /** Keys that were let go and stand for other work since. */
  readonly renamed = new Set<string>()
  /** Keys of values that a worker brought along when it came back: they stay until they are deleted. */
  readonly brought = new Set<string>()
  /** What people did and what went wrong, by number. */
  readonly deeds = new Map<number, string>()
  /** The last things that happened, if somebody looks for the cause. */
  readonly trace: string[] = []
  /** That happened to the scheduler. */
  events = 0
  /** Results with effects that the scheduler has heard of. */
  readonly #effects = new Set<string>()
  readonly #cuts = new Set<string>()
  #count = 0
  readonly #tracing: boolean

  constructor(options: SimulationOptions) {
    this.#tracing = options.trace ?? false
    this.dice = new Dice(options.seed)
    this.core = new SchedulerCore({
      epoch: 1,
      encodeError: (error) => encodeText(error.message),
      validate: true,
      allowedFailures: 1e9,
      prefetchMs: this.dice.pick([0, 5, 50]) ?? 0,
      inlineBudget: this.dice.pick([0, 200, 1e6]) ?? 0,
      workerTtlMs: 30_000,
      turnSteps: this.dice.pick([1, 10, 8192]) ?? 1,
    })
  }

  fail(reason: string): void {
    this.failure ??= reason
  }

  liveWorkers(): SimWorker[] {
    return [...this.workers.values()].map((link) => link.worker).filter((w) => w.status === 'alive')
  }

  workerAt(address: string): SimWorker | undefined {
    return this.workers.get(address)?.worker
  }

  /** `able`: it can run whatever there is. */
  addWorker(able = false): SimWorker {
    const address = `tcp://10.0.0.${++this.#count}:1`
    const worker = new SimWorker(this, address, able ? STRONG : strengthOf(this.dice))
    this.#link(worker)
    this.#heartbeat(worker)
    return worker
  }

  #link(worker: SimWorker): void {
    const { time, dice } = this
    const { address } = worker
    const up = new Stream<FromWorkerMessage>(time, dice, (message) =>
      this.handle({ type: 'worker-message', worker: address, message }),
    )
    const down = new Stream<ToWorkerMessage>(time, dice, (message) => worker.receive(message))
    worker.send = (message) => up.send(message)
    this.workers.set(address, { worker, down, up })
    this.handle({ type: 'worker-joined', worker: worker.info })
  }

  addClient(): SimClient {
    const id = `client-${++this.#count}`
    const client = new SimClient(this, id)
    this.#connect(client)
    return client
  }

  #connect(client: SimClient): void {
    const { time, dice } = this
    const { id } = client
    const up = new Stream<FromClientMessage>(time, dice, (message) =>
      this.handle({ type: 'client-message', client: id, message }),
    )
    const down = new Stream<ToClientMessage>(time, dice, (message) => client.hear(message))
    this.clients.set(id, { client, up, down })
    this.handle({ type: 'client-joined', client: id })
  }

  /** These two do not reach each other for so long. */
  cut(one: SimWorker, other: SimWorker, ms: number): void {
    const pair = pairOf(one.address, other.address)
    this.#cuts.add(pair)
    this.time.after(ms, () => this.#cuts.delete(pair))
  }

  areCut(one: string, other: string): boolean {
    return this.#cuts.has(pairOf(one, other))
  }

  /** It died: what it had said may still be read, or not. */
  kill(worker: SimWorker): void {
    const link = this.workers.get(worker.address)
    if (link === undefined || worker.status === 'dead') return
    worker.die()
    link.down.cut()
    if (this.dice.oneIn(2)) link.up.cut()
    this.#noticeLoss(worker, false)
  }

  /** It goes by itself, after all that it said. */
  leave(worker: SimWorker): void {
    if (worker.status === 'dead') return
    worker.die()
    this.workers.get(worker.address)?.down.cut()
    this.#noticeLoss(worker, true)
  }

  /** The connection ends, nobody dies; after a while the worker registers again, with what it has then. */
  disconnect(worker: SimWorker): void {
    const link = this.workers.get(worker.address)
    if (link === undefined || worker.status !== 'alive') return
    link.down.cut()
    link.up.cut()
    worker.push({ type: 'scheduler-left' })
    this.workers.delete(worker.address)
    this.absent.add(worker)
    this.handle({ type: 'worker-left', worker: worker.address, expected: false, reason: 'the connection was cut' })
    this.time.after(this.dice.between(1, 3000), () => this.#comeBack(worker))
  }

  #comeBack(worker: SimWorker): void {
    if (worker.status === 'frozen') return this.time.after(1000, () => this.#comeBack(worker))
    if (worker.status === 'dead') return
    this.absent.delete(worker)
    // Workers of a real scheduler end when they lose it, so none brings what its key stood for before.
    worker.lose([...worker.store.keys()].filter((key) => this.renamed.has(key)))
    for (const key of worker.store.keys()) this.brought.add(key)
    this.#link(worker)
    worker.push({ type: 'scheduler-joined' })
  }

  #noticeLoss(worker: SimWorker, expected: boolean): void {
    const link = this.workers.get(worker.address)
    this.time.after(1000, () => {
      link?.up.cut()
      if (this.workers.get(worker.address) !== link) return
      this.workers.delete(worker.address)
      const outgrewMemory = !expected && this.dice.oneIn(4)
      this.handle({ type: 'worker-left', worker: worker.address, expected, reason: 'chance', outgrewMemory })
    })
  }

  loseClient(client: SimClient, lost: boolean): void {
    const link = this.clients.get(client.id)
    link?.up.cut()
    link?.down.cut()
    this.clients.delete(client.id)
    this.handle({ type: 'client-left', client: client.id, lost })
  }

  sayToScheduler(client: string, message: FromClientMessage): void {
    this.clients.get(client)?.up.send(message)
  }

  handle(event: Event): void {
    if (this.failure !== undefined) return
    this.events++
    if (this.#tracing) this.#note(`${this.time.now.toFixed(2)} ${describe(event)}`)
    const out = this.core.handle(event, this.time.now)
    if (event.type === 'worker-message' && event.message.op === 'task-finished') this.#noteEffect(event.message.key)
    for (const instruction of out) this.#carryOut(instruction)
  }

  #noteEffect(key: string): void {
    if (this.plans.get(key)?.effect && this.core.state(key) === 'memory') this.#effects.add(key)
  }

  #carryOut(i: Instruction): void {
    const { time } = this
    if (i.do === 'to-worker') this.#toWorker(i.worker, i.message)
    else if (i.do === 'to-client') this.#toClient(i.client, i.message)
    else if (i.do === 'close-worker') this.#close(i.worker)
    else if (i.do === 'wake-at') time.idleAt(i.time, () => this.handle({ type: 'tick' }))
    else if (i.do === 'continue') time.after(0.01, () => this.handle({ type: 'continue' }))
  }

  #toWorker(worker: string, message: ToWorkerMessage): void {
    if (this.#tracing) this.#note(`  → ${worker} ${JSON.stringify(message, brief)}`)
    if (message.op === 'compute-task' && this.#effects.has(message.key))
      this.fail(`${message.key} has effects, was done, and is to be done again`)
    this.workers.get(worker)?.down.send(message)
  }

  #toClient(client: string, message: ToClientMessage): void {
    if (this.#tracing) this.#note(`  → ${client} ${JSON.stringify(message, brief)}`)
    this.clients.get(client)?.down.send(message)
  }

  /** The stream ends when what was sent before has arrived; a worker that was taken for dead closes itself. */
  #close(address: string): void {
    const link = this.workers.get(address)
    this.time.after(2000, () => {
      if (link !== undefined && this.workers.get(address) === link) this.leave(link.worker)
    })
  }

  #heartbeat(worker: SimWorker): void {
    this.time.idleAfter(500, () => {
      if (worker.status === 'dead') return
      this.#heartbeat(worker)
      if (worker.status === 'frozen') return
      const executing = worker.core.executing(this.time.now)
      const metrics = { ...NO_METRICS, bandwidth: this.dice.oneIn(2) ? 50e6 : 0 }
      this.handle({ type: 'worker-heartbeat', worker: worker.address, metrics, executing })
    })
  }

  /** For whoever reads the trace. */
  say(line: string): void {
    if (this.#tracing) this.#note(`${this.time.now.toFixed(2)} === ${line}`)
  }

  #note(line: string): void {
    this.trace.push(line)
    if (this.trace.length > 50_000) this.trace.splice(0, 25_000)
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join()
}

function describe(event: Event): string {
  return JSON.stringify(event, brief)
}

/** Long things in short. */
function brief(name: string, value: unknown): unknown {
  if (name === 'args' || name === 'inline' || name === 'metrics' || name === 'error') return undefined
  return value instanceof Map ? Object.fromEntries(value) : value
}

const NO_METRICS = {
  ...{ memory: 0, managed_bytes: 0, spilled_bytes: 0, cpu: 0, event_loop_delay: 0, executing: 0, ready: 0 },
  ...{ in_flight: 0, in_memory: 0, transfer_incoming_bytes: 0, transfer_outgoing_bytes: 0 },
  ...{ transfer_incoming_count: 0, transfer_outgoing_count: 0 },
}
