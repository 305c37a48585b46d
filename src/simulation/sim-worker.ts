import type { FromWorkerMessage, ToWorkerMessage, WorkerInfo } from '../protocol/messages.js'
import { WorkerCore } from '../worker/core/core.js'
import type { Event, ExecuteOutcome, Instruction } from '../worker/core/events.js'
import type { Dice } from './dice.js'
import { type Bench, SimExecutor } from './sim-executor.js'
import { encodeText } from './work.js'
import type { World } from './world.js'

type Execute = Extract<Instruction, { do: 'execute' }>
type Gather = Extract<Instruction, { do: 'gather' }>

/** What a machine has. */
export interface Strength {
  readonly nthreads: number
  readonly resources: Record<string, number>
  /** Bytes. */
  readonly memoryLimit: number | null
}

/** Enough for whatever is submitted. */
export const STRONG: Strength = { nthreads: 2, resources: { GPU: 2 }, memoryLimit: null }

/** Some have devices, some have so little memory that the inputs of some tasks do not fit. */
export function strengthOf(dice: Dice): Strength {
  const resources: Record<string, number> = dice.oneIn(3) ? { GPU: dice.between(1, 2) } : {}
  return { nthreads: dice.between(1, 3), resources, memoryLimit: dice.oneIn(6) ? dice.between(40, 400) : null }
}

/** A worker as shipped, but for its threads, its store and its wires. */
export class SimWorker implements Bench {
  readonly core: WorkerCore
  readonly store = new Map<string, string>()
  readonly executor: SimExecutor
  /** `frozen`: does nothing, as after SIGSTOP. */
  status: 'alive' | 'frozen' | 'dead' = 'alive'
  paused = false
  /** To the scheduler. */
  send: (message: FromWorkerMessage) => void = () => {}
  readonly #held: (() => void)[] = []

  constructor(
    readonly world: World,
    readonly address: string,
    readonly strength: Strength,
  ) {
    const { nthreads, resources, memoryLimit } = strength
    const limit = memoryLimit === null ? {} : { memoryLimit }
    this.core = new WorkerCore({ nthreads, resources, ...limit, validate: true, random: world.dice.next, address })
    this.executor = new SimExecutor(world.time, world.dice, this)
  }

  get nthreads(): number {
    return this.strength.nthreads
  }

  /** As it registers, with what it holds now. */
  get info(): WorkerInfo {
    const { address, strength } = this
    return {
      ...{ address, name: address, nthreads: strength.nthreads, memory_limit: strength.memoryLimit },
      ...{ resources: strength.resources, local_directory: '', services: {}, nanny: null, pid: 1 },
      host: new URL(address.replace('tcp', 'http')).hostname,
      holds: new Map(Array.from(this.store, ([key, value]) => [key, { nbytes: value.length, hash: value }])),
    }
  }

  receive(message: ToWorkerMessage): void {
    this.push({ type: 'scheduler-message', message })
  }

  push(event: Event): void {
    this.#whenAwake(() => {
      for (const instruction of this.core.handle(event, this.world.time.now)) this.#carryOut(instruction)
    })
  }

  thaw(): void {
    if (this.status !== 'frozen') return
    this.status = 'alive'
    for (const act of this.#held.splice(0)) this.#whenAwake(act)
  }

  die(): void {
    this.status = 'dead'
    this.executor.stop()
  }

  /** Somebody puts data here and tells nobody else (update_data). */
  put(key: string, value: string, report: boolean): void {
    this.store.set(key, value)
    this.push({ type: 'put', keys: new Map([[key, value.length]]), hashes: new Map([[key, value]]), report })
  }

  /** Memory is full, and nothing can leave it. */
  fill(room: number): void {
    if (!this.paused) this.push({ type: 'paused' })
    this.paused = true
    this.push({ type: 'stuck', reason: 'the disk is full', room, error: encodeText('full') })
  }

  /** The disk failed: these are gone. */
  lose(keys: string[]): void {
    for (const key of keys) this.store.delete(key)
    this.push({ type: 'value-lost', keys, reason: 'the disk failed' })
  }

  read(key: string): string | undefined {
    return this.store.get(key)
  }

  fail(reason: string): void {
    this.world.fail(`${this.address}: ${reason}`)
  }

  onExecuted(job: Execute, outcome: ExecuteOutcome, value?: string): void {
    this.#whenAwake(() => {
      if (value !== undefined && this.core.acceptsResult(job.key, job.runId)) this.store.set(job.key, value)
      this.push({ type: 'executed', key: job.key, runId: job.runId, outcome })
    })
  }

  onWithdrawn(job: Execute, ok: boolean): void {
    this.push({ type: 'withdrawn', key: job.key, runId: job.runId, ok })
  }

  onSeceded(job: Execute, durationMs: number): void {
    this.push({ type: 'seceded', key: job.key, runId: job.runId, durationMs })
  }

  /** Answers a peer, or not. */
  serve(keys: readonly string[]): Map<string, string> | undefined {
    if (this.status !== 'alive' || this.world.dice.oneIn(20)) return undefined
    return new Map(keys.flatMap((key) => (this.store.has(key) ? [[key, this.store.get(key) as string]] : [])))
  }

  #whenAwake(act: () => void): void {
    if (this.status === 'alive') act()
    else if (this.status === 'frozen') this.#held.push(act)
  }

  #carryOut(i: Instruction): void {
    const { time } = this.world
    if (i.do === 'send') this.send(i.message)
    else if (i.do === 'execute') this.executor.execute(i)
    else if (i.do === 'withdraw') this.executor.withdraw(i.key, i.runId)
    else if (i.do === 'abort') this.executor.abort(i.key, i.runId)
    else if (i.do === 'drop') for (const key of i.keys) this.store.delete(key)
    else if (i.do === 'gather') this.#gather(i)
    else if (i.do === 'wake-at') time.idleAt(i.time, () => this.push({ type: 'tick' }))
    else if (i.do === 'close') this.world.leave(this)
  }

  /** Question and answer each take their time; the peer may be gone, or busy. */
  #gather({ id, peer, keys }: Gather): void {
    const { time, dice } = this.world
    time.after(dice.next() * 5, () => {
      const other = this.world.workerAt(peer)
      if (other?.status === 'frozen')
        return time.after(100, () => this.#gather({ do: 'gather', id, peer, keys, nbytes: 0 }))
      const isReached = this.#reaches(peer)
      const answer = isReached ? other?.serve(keys) : undefined
      const isThere = isReached && other !== undefined && other.status === 'alive'
      time.after(dice.next() * 20, () => this.#arrived(id, peer, answer, isThere))
    })
  }

  /** Or it is reached through the scheduler, which may have no place for that. */
  #reaches(peer: string): boolean {
    const { world, address } = this
    if (!world.areCut(address, peer)) return true
    if (!world.dice.oneIn(3)) return false
    world.handle({ type: 'relayed', worker: address, holder: peer })
    return true
  }

  #arrived(id: number, peer: string, answer: Map<string, string> | undefined, isThere: boolean): void {
    this.#whenAwake(() => {
      if (answer === undefined) {
        const outcome = isThere ? ({ status: 'busy' } as const) : ({ status: 'failed', reason: 'gone' } as const)
        return this.push({ type: 'gathered', id, peer, outcome })
      }
      for (const [key, value] of answer) if (this.core.acceptsArrival(id, key)) this.store.set(key, value)
      const keys = new Map(Array.from(answer, ([key, value]) => [key, value.length]))
      this.push({ type: 'gathered', id, peer, outcome: { status: 'ok', keys } })
    })
  }
}
