import type { Artefact } from '../../code/artefact.js'
import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { Block } from '../memory/block.js'
import type { CellRef } from './cells.js'
import type { Job } from './executor.js'
import { Inbox } from './inbox.js'
import type { LiveInput } from './live-inputs.js'
import { INBOX_BYTES } from './result-codes.js'
import type { PostedRest, PostedValue, ToThread } from './thread-messages.js'

type Draft = { -readonly [K in keyof ToThread]: ToThread[K] }

const BELL: ToThread = {}

/**
 * What a thread is to be told: jobs and small values by its inbox, all else by one message for each turn. The inbox
 * holds the order: what stands there is taken when the messages have come that it needs.
 */
export class Outgoing {
  readonly #inbox = Inbox.of(INBOX_BYTES)
  #draft: Draft = {}
  #watched = new Set<number>()
  #isDraftEmpty = true
  /** Something was put into the inbox since the last message. */
  #isInboxNew = false
  /** Messages that were taken. */
  #messages = 0

  /** For the thread. */
  get memory(): SharedArrayBuffer {
    return this.#inbox.memory
  }

  /** One more job can be added. */
  get hasRoom(): boolean {
    return this.#inbox.hasRoom
  }

  addCode(artefact: Artefact): void {
    this.#add('code', artefact)
  }

  removeCode(hash: string): void {
    this.#add('uncode', hash)
  }

  put(number: number, value: Encoded): void {
    if (this.#inbox.putValue(number, value, this.#after)) this.#isInboxNew = true
    else this.#add('values', [number, toPosted(value)] as const)
  }

  drop(number: number): void {
    if (this.#inbox.putDrop(number, this.#after)) this.#isInboxNew = true
    else this.#add('drop', number)
  }

  /** True: the message did not have it yet. */
  watch({ id, memory }: Block): boolean {
    if (this.#watched.has(id)) return false
    this.#watched.add(id)
    this.#add('watch', [id, memory])
    return true
  }

  lend({ id, memory }: Block): void {
    this.#add('lend', [id, memory])
  }

  collect(): void {
    this.#draft.collect = true
    this.#isDraftEmpty = false
  }

  abort(id: number): void {
    this.#add('abort', id)
  }

  /** To be called while it `hasRoom`, or did before the job's inputs were put. */
  addJob(job: Job, ref: CellRef, inputs: readonly LiveInput[]): void {
    const needs = { after: this.#after, next: this.#messages + 1 }
    if (!this.#inbox.putJob(job, ref, inputs, needs)) this.#add('jobs', [job.id, restOf(job, inputs)] as const)
    this.#isInboxNew = true
  }

  /** The message to be posted, if one is needed. */
  take(): ToThread | undefined {
    const message = this.#isDraftEmpty ? this.#bell() : this.#draft
    this.#isInboxNew = false
    if (message === undefined) return undefined
    this.#messages++
    if (this.#isDraftEmpty) return message
    this.#draft = {}
    this.#isDraftEmpty = true
    this.#watched.clear()
    return message
  }

  #bell(): ToThread | undefined {
    return this.#isInboxNew && this.#inbox.ring() ? BELL : undefined
  }

  /** How many messages must have come before what is put now is taken. */
  get #after(): number {
    return this.#isDraftEmpty ? this.#messages : this.#messages + 1
  }

  #add<P extends 'code' | 'uncode' | 'values' | 'drop' | 'abort' | 'watch' | 'lend' | 'jobs'>(
    part: P,
    item: NonNullable<ToThread[P]>[number],
  ): void {
    const items = (this.#draft[part] ?? []) as unknown[]
    items.push(item)
    this.#draft[part] = items as never
    this.#isDraftEmpty = false
  }
}

function restOf({ key, function: ref, args }: Job, inputs: readonly LiveInput[]): PostedRest {
  return { key, function: ref, args: toPosted(args), inputs: flat(inputs) }
}

function flat(inputs: readonly LiveInput[]): (Key | number)[] {
  return inputs.flatMap(({ key, number }) => [key, number])
}

function toPosted({ head, buffers, nbytes }: Encoded): PostedValue {
  return { head: compact(head), buffers: buffers.map(compact), nbytes }
}

/** Cloning a view copies all of the memory behind it, unless that is shared. */
function compact(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes
  return buffer instanceof SharedArrayBuffer || bytes.byteLength === buffer.byteLength ? bytes : bytes.slice()
}
