import type { Encoded } from '../../../values/encoded.js'
import type { Outbox } from '../outbox.js'
import { codeOf, LARGEST_ENTRY, NO_BYTES } from '../result-codes.js'
import type { FromThread, PostedResult } from '../thread-messages.js'
import type { RunEnd } from './task-runner.js'
import type { ThreadMemory } from './thread-memory.js'
import { COMMON_TYPES } from './type-name.js'

/** Whose result it is. */
interface Sender {
  readonly id: number
  readonly cell: number
}

const TYPE_NUMBERS = new Map(COMMON_TYPES.map((name, i) => [name, i]))

/** Small results through the outbox; large ones, those of rare types and of tasks that have printed by message. */
export class ResultSender {
  /** There may be some that main was not woken for. */
  #kept = false

  constructor(
    readonly outbox: Outbox,
    readonly post: (message: FromThread) => void,
    readonly memory: ThreadMemory,
  ) {}

  /** What was printed goes by message, and no later one overtakes it. `busy`: the thread has more to do. */
  send(run: Sender, end: RunEnd, busy: boolean): void {
    if (end.printed || !this.#fitsOutbox(run, end)) this.post(asMessage(run, end, this.memory))
    else if (busy && this.outbox.isAnnounced) this.#kept = true
    else this.#wake()
  }

  /** The thread is about to sleep. */
  rest(): void {
    if (this.#kept) this.#wake()
  }

  #wake(): void {
    this.#kept = false
    if (this.outbox.ring()) this.post({ op: 'bell' })
  }

  #fitsOutbox({ cell }: Sender, { status, value, typename, start, stop }: RunEnd): boolean {
    const type = typename === '' ? 0 : TYPE_NUMBERS.get(typename)
    const bytes = value?.head ?? NO_BYTES
    if (type === undefined || bytes.byteLength > LARGEST_ENTRY || isLarge(value)) return false
    return this.outbox.put({ cell, code: codeOf(status), start, stop, nbytes: value?.nbytes ?? 0, type, bytes })
  }
}

function isLarge(value: Encoded | undefined): boolean {
  return value !== undefined && value.buffers.length > 0
}

function asMessage({ id, cell }: Sender, end: RunEnd, memory: ThreadMemory): FromThread {
  const { status, value, typename, start, stop } = end
  const posted = value && toPostedResult(value, memory)
  return { op: 'result', cell, id, status, value: posted, typename, start, stop }
}

/** As it is cloned for main. */
export function toPostedResult({ head, buffers, nbytes }: Encoded, memory: ThreadMemory): PostedResult {
  return { head: compact(head), buffers: memory.describe(buffers), nbytes }
}

/** A view that is cloned takes all of its memory along. */
function compact(head: Uint8Array): Uint8Array {
  return head.byteLength === head.buffer.byteLength ? head : head.slice()
}
