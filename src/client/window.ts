import type { FromClientMessage, MapSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { submissionBytes } from '../util/submission-bytes.js'

/** What tasks that have not ended may take at the scheduler. Some 250,000 of them without large arguments. */
const WINDOW_BYTES = 256 * 2 ** 20

type Graph = Extract<FromClientMessage, { op: 'update-graph' }>

/**
 * Keeps submissions here while those at the scheduler take too much of its memory. What is said of tasks that are there
 * already goes past them; all else keeps its order (docs/decisions/window.md).
 */
export class Window {
  readonly #send: (messages: readonly FromClientMessage[]) => void
  readonly #maxBytes: number
  /** Bytes of all submissions that were sent, and of those that the scheduler has taken in. */
  #sent = 0
  #taken = 0
  /** Bytes of tasks at the scheduler. */
  #waiting = 0
  #kept: FromClientMessage[] = []
  /** Of keys and prefixes that a kept submission names: the number of the last one. */
  readonly #named = new Map<string, number>()
  readonly #numbers = new WeakMap<Graph, number>()
  #number = 0

  constructor(send: (messages: readonly FromClientMessage[]) => void, maxBytes = WINDOW_BYTES) {
    this.#send = send
    this.#maxBytes = maxBytes
  }

  /** Messages that have not left. */
  get kept(): number {
    return this.#kept.length
  }

  send(messages: readonly FromClientMessage[]): void {
    const now: FromClientMessage[] = []
    for (const message of messages) {
      if (this.#kept.length > 0) now.push(...this.#past(message))
      else if (this.#isRoom || message.op !== 'update-graph') now.push(this.#counted(message))
      else this.#keep(message)
    }
    if (now.length > 0) this.#send(now)
  }

  /** What the scheduler says of it. */
  onLoad({ taken, waiting }: { taken: number; waiting: number }): void {
    this.#taken = taken
    this.#waiting = waiting
    let leave = 0
    for (let bytes = 0; leave < this.#kept.length && this.#used + bytes < this.#maxBytes; leave++)
      bytes += bytesOf(this.#kept[leave] as FromClientMessage)
    if (leave === 0) return
    const leaving = this.#kept.splice(0, leave)
    for (const message of leaving) if (message.op === 'update-graph') this.#forget(message)
    this.#send(leaving.map((message) => this.#counted(message)))
  }

  get #used(): number {
    return this.#sent - this.#taken + this.#waiting
  }

  get #isRoom(): boolean {
    return this.#used < this.#maxBytes
  }

  #counted(message: FromClientMessage): FromClientMessage {
    this.#sent += bytesOf(message)
    return message
  }

  /** What of a message need not wait for those that are kept. */
  #past(message: FromClientMessage): FromClientMessage[] {
    if (message.op !== 'client-releases-keys' && message.op !== 'cancel-keys') {
      this.#keep(message)
      return []
    }
    const named = message.keys.filter((key) => this.#isNamed(key))
    if (named.length === 0) return [message]
    this.#keep({ ...message, keys: named })
    const free = new Set(named)
    const keys = message.keys.filter((key) => !free.has(key))
    return keys.length === 0 ? [] : [{ ...message, keys }]
  }

  #keep(message: FromClientMessage): void {
    this.#kept.push(message)
    if (message.op !== 'update-graph') return
    this.#numbers.set(message, ++this.#number)
    for (const name of namesIn(message)) this.#named.set(name, this.#number)
  }

  #forget(message: Graph): void {
    const number = this.#numbers.get(message)
    for (const name of namesIn(message)) if (this.#named.get(name) === number) this.#named.delete(name)
  }

  #isNamed(key: Key): boolean {
    return this.#named.has(key) || this.#named.has(key.slice(0, key.lastIndexOf('-') + 1))
  }
}

function bytesOf(message: FromClientMessage): number {
  return message.op === 'update-graph' ? submissionBytes(message) : 0
}

/** Keys of a submission, those that it needs, and what the keys of its maps begin with. */
function* namesIn({ tasks, maps = [], keys }: Graph): Generator<string> {
  yield* keys
  for (const { key, deps } of tasks) {
    yield key
    yield* deps
  }
  for (const map of maps) yield* namesInMap(map)
}

function* namesInMap({ prefix, deps, shared_deps }: MapSpec): Generator<string> {
  yield `${prefix}-`
  yield* shared_deps
  for (const own of deps.values()) yield* own
}
