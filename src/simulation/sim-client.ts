import type { MapSpec, TaskOptions, TaskSpec, ToClientMessage } from '../protocol/messages.js'
import { encodeText, type Plan } from './work.js'
import type { World } from './world.js'

const CODE = { hash: 'code', kind: 'function' as const, name: 'f', body: '', externals: [] }

const GRAPH = { op: 'update-graph' as const, tasks: [], keys: [] }

/** What a client believes of a key that it holds. */
export type Belief = 'pending' | 'memory' | 'erred'

/** A client as a scheduler sees it: it submits, holds, lets go, and believes what it is told. */
export class SimClient {
  readonly futures = new Map<string, Belief>()
  /** Messages that were not acknowledged yet. */
  unacknowledged = 0

  constructor(
    readonly world: World,
    readonly id: string,
  ) {}

  submit(plans: readonly Plan[], keys: readonly string[], options: TaskOptions): void {
    const tasks = plans.map(
      (plan): TaskSpec => ({
        key: plan.key,
        function: `code#f${plan.key.length % 3}`,
        args: encodeText(JSON.stringify(plan)),
        deps: [...plan.deps],
        recipe: `${plan.key} ${plan.version ?? ''}`,
      }),
    )
    for (const key of keys) if (!this.futures.has(key)) this.futures.set(key, 'pending')
    const cut = this.#cut(tasks.length)
    if (cut > 0) this.#say({ ...GRAPH, tasks: tasks.slice(0, cut), options, code: [CODE], more: true })
    this.#say({ ...GRAPH, tasks: tasks.slice(cut), keys: [...keys], options, code: cut > 0 ? [] : [CODE] })
  }

  /** Many short tasks in one record; item `i` is `prefix-i`. */
  submitMap(prefix: string, plans: readonly Plan[]): void {
    for (const plan of plans) this.futures.set(plan.key, 'pending')
    const cut = this.#cut(plans.length)
    if (cut === 0) return this.#say({ ...GRAPH, maps: [mapSpec(prefix, plans)], code: [CODE] })
    this.#say({ ...GRAPH, maps: [mapSpec(prefix, plans.slice(0, cut), 0)], code: [CODE], more: true })
    this.#say({ ...GRAPH, maps: [mapSpec(prefix, plans.slice(cut), cut)] })
  }

  /** Where what it submits is cut, since it travels in two parts; 0: it does not. */
  #cut(length: number): number {
    const { dice } = this.world
    return dice.oneIn(4) ? dice.between(0, length - 1) : 0
  }

  release(keys: string[]): void {
    for (const key of keys) this.futures.delete(key)
    this.#say({ op: 'client-releases-keys', keys })
  }

  cancel(keys: string[], force: boolean): void {
    this.#say({ op: 'cancel-keys', keys, force, reason: 'chance' })
  }

  retry(keys: string[]): void {
    this.#say({ op: 'retry', keys })
  }

  desire(keys: string[]): void {
    for (const key of keys) if (!this.futures.has(key)) this.futures.set(key, 'pending')
    this.#say({ op: 'client-desires-keys', keys })
  }

  hear(message: ToClientMessage): void {
    if (message.op === 'ack') this.unacknowledged = 0
    else if (message.op === 'key-in-memory') this.#believe(message.key, 'memory')
    else if (message.op === 'task-erred') this.#believe(message.key, 'erred')
    else if (message.op === 'lost-data' || message.op === 'task-retried') this.#believe(message.key, 'pending')
    else if (message.op === 'cancelled-keys') this.#giveUp(message.keys)
    else if (message.op === 'restart') this.release([...this.futures.keys()])
  }

  /** Says so: it may have asked for one again while the message was on its way. */
  #giveUp(keys: readonly string[]): void {
    const held = keys.filter((key) => this.futures.has(key))
    if (held.length > 0) this.release(held)
  }

  /** Of one that it let go it does not want to hear any more. */
  #believe(key: string, belief: Belief): void {
    if (this.futures.has(key)) this.futures.set(key, belief)
  }

  #say(message: Parameters<World['sayToScheduler']>[1]): void {
    this.unacknowledged++
    this.world.sayToScheduler(this.id, message)
  }
}

/** `start`: how many items are in the parts before. */
function mapSpec(prefix: string, plans: readonly Plan[], start?: number): MapSpec {
  const args = plans.map((plan) => encodeText(JSON.stringify(plan)).head)
  const offsets = new Uint32Array(plans.length + 1)
  args.forEach((bytes, i) => {
    offsets[i + 1] = (offsets[i] as number) + bytes.byteLength
  })
  const all = new Uint8Array(offsets[plans.length] as number)
  args.forEach((bytes, i) => {
    all.set(bytes, offsets[i])
  })
  const deps = new Map(
    plans.flatMap((plan, i) => (plan.deps.length > 0 ? [[i, [...plan.deps]] as [number, string[]]] : [])),
  )
  const spec = { prefix, function: 'code#g' as const, length: plans.length, args: all, deps, recipe: prefix }
  const rest = { offsets: new Uint8Array(offsets.buffer), buffers: new Map(), shared_deps: [] }
  return { ...spec, ...rest, ...(start !== undefined && { start }) }
}
