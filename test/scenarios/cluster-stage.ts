/** The scheduler's core with workers' cores as they ship; the scenario is their clients, their threads and their wires. */
import type { FromWorkerMessage, ToWorkerMessage } from '../../src/protocol/messages.js'
import type { Instruction as ForScheduler } from '../../src/scheduler/core/events.js'
import type { Instruction as ForWorker } from '../../src/worker/core/events.js'
import { CLUSTER_VERBS } from './cluster-verbs.js'
import { infoOf, SchedulerStage } from './scheduler-stage.js'
import { carryOut, type Stage } from './script.js'
import { addressOf, named, options } from './words.js'
import { WorkerStage } from './worker-stage.js'

/** What waits while a wire is held. */
interface Wire<M> {
  held: boolean
  readonly waiting: M[]
}

interface Node {
  readonly name: string
  readonly stage: WorkerStage
  readonly hears: Wire<ToWorkerMessage>
  readonly says: Wire<FromWorkerMessage>
  /** Answers to peers. */
  readonly serves: Wire<() => void>
  alive: boolean
}

/** See above. */
export class ClusterStage implements Stage {
  readonly scheduler = new SchedulerStage()
  readonly #nodes = new Map<string, Node>()
  #lines: string[] = []

  act(sentence: string): string[] {
    this.#lines = []
    const answer = carryOut<ClusterStage>(this, CLUSTER_VERBS, sentence)
    if (answer !== undefined) return answer
    this.#settle()
    return this.#lines
  }

  /** @throws Error for a worker that did not join. */
  node(name: string): Node {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`${name} has not joined`)
    return node
  }

  /** A sentence of the scheduler's scenarios. */
  say(sentence: string): string[] | undefined {
    return this.scheduler.carryOut(sentence)
  }

  join(name: string, words: string): void {
    const { nthreads = 1, resources = {} } = infoOf(options(words))
    const stage = new WorkerStage()
    stage.set({ address: addressOf(name), nthreads, resources })
    const wire = () => ({ held: false, waiting: [] })
    this.#nodes.set(name, { name, stage, hears: wire(), says: wire(), serves: wire(), alive: true })
    this.say(`${name} joins${words}`)
  }

  die(name: string): void {
    this.node(name).alive = false
    this.say(`${name} is lost`)
  }

  pass(ms: number): void {
    this.say(`${ms} ms pass`)
    for (const { stage } of this.#nodes.values()) stage.table.advance(ms)
  }

  /** What was held arrives, in its order. */
  release(wire: Wire<unknown>, deliver: (what: never) => void): void {
    wire.held = false
    for (const what of wire.waiting.splice(0)) deliver(what as never)
  }

  toWorker(node: Node, message: ToWorkerMessage): void {
    if (!node.alive) return
    if (node.hears.held) node.hears.waiting.push(message)
    else node.stage.table.message(message)
  }

  toScheduler(node: Node, message: FromWorkerMessage): void {
    if (node.says.held) node.says.waiting.push(message)
    else this.scheduler.hear(node.name, message)
  }

  /** Until nobody has anything to say. */
  #settle(): void {
    for (let more = true; more; ) {
      more = this.#report('', this.scheduler, this.scheduler.take(), (i) => this.#ofScheduler(i))
      for (const node of this.#nodes.values())
        if (this.#report(`${node.name} | `, node.stage, node.stage.take(), (i) => this.#ofWorker(node, i))) more = true
    }
  }

  #report<I>(before: string, stage: { report(news: I[]): string[] }, news: I[], act: (i: I) => void): boolean {
    this.#lines.push(...stage.report(news).map((line) => before + named(line)))
    for (const instruction of news) act(instruction)
    return news.length > 0
  }

  #ofScheduler(i: ForScheduler): void {
    if (i.do === 'to-worker') this.toWorker(this.node(named(i.worker)), i.message)
  }

  #ofWorker(node: Node, i: ForWorker): void {
    if (i.do === 'send') this.toScheduler(node, i.message)
    if (i.do === 'gather') this.#fetch(node, i)
  }

  #fetch(node: Node, { id, peer, keys }: Extract<ForWorker, { do: 'gather' }>): void {
    const other = this.#nodes.get(named(peer))
    // What it has now: a send that began goes on, whatever is freed meanwhile.
    const found = new Map(keys.filter((key) => other?.stage.table.core.has(key)).map((key) => [key, 8]))
    const answer = () => {
      const outcome = other?.alive
        ? { status: 'ok' as const, keys: found }
        : { status: 'failed' as const, reason: 'gone' }
      node.stage.table.push({ type: 'gathered', id, peer, outcome })
    }
    if (other?.serves.held) other.serves.waiting.push(answer)
    else answer()
  }
}
