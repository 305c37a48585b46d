import type { FromClientMessage, MapSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { submissionBytes } from '../util/submission-bytes.js'

/** What tasks that have not ended may take at the scheduler. Some 250,000 of them without large arguments. */
const WINDOW_BYTES = 256 * 2 ** 20

/** A message that waits, with what is to be said right after it. */
interface Kept {
  readonly number: number
  readonly message: FromClientMessage
  readonly after: LetGo[]
}

/** What may go past those that wait. */
type LetGo = Extract<FromClientMessage, { op: 'client-releases-keys' | 'cancel-keys' }>

/**
 * Keeps submissions here while those at the scheduler take too much of its memory. Keys of tasks that are there already
 * are released and cancelled past them, others right after what names them last; all else keeps its order
 * (docs/decisions/window.md).
 */
export class Window {
  readonly #send: (messages: readonly FromClientMessage[]) => void
  readonly #maxBytes: number
  /** Bytes of all submissions that were sent, and of those that the scheduler has taken in. */
  #sent = 0
  #taken = 0
  /** Bytes of tasks at the scheduler. */
  #waiting = 0
  /** By number, which counts up. */
  readonly #kept = new Map<number, Kept>()
  #number = 0
  /** Keys, and what keys of maps begin with: the last kept message that names one. */
  readonly #named = new Map<string, Kept>()

  constructor(send: (messages: readonly FromClientMessage[]) => void, maxBytes = WINDOW_BYTES) {
    this.#send = send
    this.#maxBytes = maxBytes
  }

  /** How many messages wait. */
  get kept(): number {
    return this.#kept.size
  }

  /** The messages that wait, the first first. */
  get held(): readonly FromClientMessage[] {
    return [...this.#kept.values()].map(({ message }) => message)
  }

  send(messages: readonly FromClientMessage[]): void {
    const now: FromClientMessage[] = []
    for (const message of messages) {
      if (this.#kept.size > 0) this.#sendPast(message, now)
      else if (this.#isRoom || message.op !== 'update-graph') now.push(this.#counted(message))
      else this.#keep(message)
    }
    if (now.length > 0) this.#send(now)
  }

  /** What the scheduler says of it. */
  onLoad({ taken, waiting }: { taken: number; waiting: number }): void {
    this.#taken = taken
    this.#waiting = waiting
    const now: FromClientMessage[] = []
    for (const kept of this.#kept.values()) {
      if (!this.#isRoom) break
      this.#kept.delete(kept.number)
      for (const name of namesIn(kept.message)) if (this.#named.get(name) === kept) this.#named.delete(name)
      now.push(this.#counted(kept.message), ...kept.after)
    }
    if (now.length > 0) this.#send(now)
  }

  get #isRoom(): boolean {
    return this.#sent - this.#taken + this.#waiting < this.#maxBytes
  }

  #counted(message: FromClientMessage): FromClientMessage {
    this.#sent += bytesOf(message)
    return message
  }

  #sendPast(message: FromClientMessage, now: FromClientMessage[]): void {
    if (message.op === 'client-releases-keys' || message.op === 'cancel-keys') this.#letGo(message, now)
    else this.#keep(message)
  }

  #keep(message: FromClientMessage): void {
    const kept: Kept = { number: ++this.#number, message, after: [] }
    this.#kept.set(kept.number, kept)
    for (const name of namesIn(message)) this.#named.set(name, kept)
  }

  /** In as many parts as there are places where its keys can be let go. */
  #letGo(message: LetGo, now: FromClientMessage[]): void {
    const parts = new Map<Kept | undefined, Key[]>()
    for (const key of message.keys) {
      const last = this.#lastNaming(key)
      const keys = parts.get(last)
      if (keys === undefined) parts.set(last, [key])
      else keys.push(key)
    }
    for (const [last, keys] of parts) (last?.after ?? now).push({ ...message, keys })
  }

  #lastNaming(key: Key): Kept | undefined {
    const own = this.#named.get(key)
    const map = this.#named.get(key.slice(0, key.lastIndexOf('-') + 1))
    return own === undefined || (map !== undefined && map.number > own.number) ? map : own
  }
}

function bytesOf(message: FromClientMessage): number {
  return message.op === 'update-graph' ? submissionBytes(message) : 0
}

/** The keys that a message is about; of a submission also those that it needs, and what the keys of its maps begin with. */
function* namesIn(message: FromClientMessage): Generator<string> {
  if ('keys' in message) yield* message.keys
  if (message.op !== 'update-graph') return
  const { tasks, maps = [] } = message
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
