import type { Artefact } from '../code/artefact.js'
import type { FromClientMessage, MapSpec, TaskOptions, TaskSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'

/** A place in the queue that nothing passes before the promise has settled. */
interface Stop {
  readonly op: 'stop'
  readonly until: Promise<void>
}

/** What tasks are made of. */
interface Code {
  readonly artefact: Artefact
  /** Their environment, and what that names. */
  readonly along?: readonly Artefact[]
}

type Graph = FromClientMessage & { op: 'update-graph' }

/** Submissions of one turn are split into messages of about this size. */
const TASKS_PER_GRAPH = 5000
const BYTES_PER_GRAPH = 4 * 2 ** 20
/** The same for lists of keys. */
const KEYS_PER_MESSAGE = 5000
/** Pieces of code that the scheduler has for this client though no task may need them; the least lately used go first. */
const CODE_KEPT = 1000

/**
 * What the client will say at the end of this turn of the event loop, in the order in which the user said it. Neighbours
 * of one kind become one message. Code goes along with the first task that needs it.
 */
export class Outbox {
  #messages: (FromClientMessage | Stop)[] = []
  #bytes = 0
  #scheduled: NodeJS.Immediate | undefined
  #held = false
  /** The least lately used first. */
  readonly #sentCode = new Set<string>()
  #lastCode: string | undefined
  readonly #deliver: (messages: readonly FromClientMessage[]) => void

  constructor(deliver: (messages: readonly FromClientMessage[]) => void) {
    this.#deliver = deliver
  }

  task(task: TaskSpec, options: TaskOptions | undefined, code: Code): void {
    const graph = this.#graph(options, task.args.size)
    graph.tasks.push(task)
    graph.keys.push(task.key)
    this.#addCode(graph, code)
    this.#releaseCode()
  }

  map(spec: MapSpec, options: TaskOptions | undefined, code: Code): void {
    const graph = this.#graph(options, spec.args.byteLength)
    graph.maps ??= []
    graph.maps.push(spec)
    this.#addCode(graph, code)
    this.#releaseCode()
  }

  /** Tasks that become visible together; of their keys only some are wanted. */
  graph(tasks: TaskSpec[], keys: Key[], options: TaskOptions | undefined, code: readonly Code[]): void {
    const graph: Graph = { op: 'update-graph', tasks, keys, ...(options && { options }) }
    this.#push(graph)
    for (const one of code) this.#addCode(graph, one)
    // Nothing is added to it: what it holds belongs together.
    this.#bytes = BYTES_PER_GRAPH
    this.#releaseCode()
  }

  release(key: Key): void {
    const last = this.#messages.at(-1)
    if (last?.op === 'client-releases-keys' && last.keys.length < KEYS_PER_MESSAGE) last.keys.push(key)
    else this.#push({ op: 'client-releases-keys', keys: [key] })
  }

  /** A long list of keys travels in parts. */
  say(message: FromClientMessage): void {
    if (message.op === 'update-graph' || !('keys' in message)) return this.#push(message)
    for (let i = 0; i < message.keys.length; i += KEYS_PER_MESSAGE)
      this.#push({ ...message, keys: message.keys.slice(i, i + KEYS_PER_MESSAGE) })
  }

  /** The scheduler has it no more. */
  forgetCode(hash: string): void {
    this.#sentCode.delete(hash)
    this.#lastCode = undefined
  }

  /** What is said after this waits for the promise, which must not reject. */
  holdUntil(promise: Promise<void>): void {
    this.#push({ op: 'stop', until: promise })
  }

  /** What waits for such a promise. */
  get held(): readonly FromClientMessage[] {
    return this.#held ? this.#messages.filter((message) => message.op !== 'stop') : []
  }

  /** Says it now, as far as nothing is held. */
  flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    if (this.#held || this.#messages.length === 0) return
    const messages = this.#messages
    const at = messages.findIndex(({ op }) => op === 'stop')
    this.#messages = at < 0 ? [] : messages.slice(at + 1)
    const said = (at < 0 ? messages : messages.slice(0, at)) as FromClientMessage[]
    if (said.length > 0) this.#deliver(said)
    if (at >= 0) void this.#hold(messages[at] as Stop)
  }

  async #hold({ until }: Stop): Promise<void> {
    this.#held = true
    await until
    this.#held = false
    this.flush()
  }

  #graph(options: TaskOptions | undefined, nbytes: number): Graph {
    const last = this.#messages.at(-1)
    if (last?.op === 'update-graph' && last.options === options && this.#hasRoom(last)) {
      this.#bytes += nbytes
      return last
    }
    const graph: Graph = { op: 'update-graph', tasks: [], keys: [], apart: true, ...(options && { options }) }
    this.#push(graph)
    this.#bytes = nbytes
    return graph
  }

  #hasRoom(graph: Graph): boolean {
    return this.#bytes < BYTES_PER_GRAPH && graph.tasks.length < TASKS_PER_GRAPH
  }

  #addCode(graph: Graph, { artefact, along }: Code): void {
    this.#addOne(graph, artefact)
    if (along !== undefined) for (const one of along) this.#addOne(graph, one)
  }

  #addOne(graph: Graph, code: Artefact): void {
    if (this.#lastCode === code.hash) return
    this.#lastCode = code.hash
    if (!this.#sentCode.delete(code.hash)) graph.code = [...(graph.code ?? []), code]
    this.#sentCode.add(code.hash)
  }

  /** After what has just been added, which may need it: the scheduler keeps what tasks need. */
  #releaseCode(): void {
    if (this.#sentCode.size <= CODE_KEPT) return
    const hashes = [...this.#sentCode].slice(0, this.#sentCode.size - CODE_KEPT)
    for (const hash of hashes) this.#sentCode.delete(hash)
    const last = this.#messages.at(-1)
    if (last?.op === 'client-releases-code') last.hashes.push(...hashes)
    else this.#push({ op: 'client-releases-code', hashes })
  }

  #push(message: FromClientMessage | Stop): void {
    this.#messages.push(message)
    this.#scheduled ??= setImmediate(() => this.flush())
  }
}
