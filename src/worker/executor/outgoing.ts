import type { Artefact } from '../../code/artefact.js'
import type { FunctionRef, Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { Block } from '../memory/block.js'
import type { CellRef } from './cells.js'
import type { Job } from './executor.js'
import type { LiveInput } from './live-inputs.js'
import { NO_BYTES } from './result-codes.js'
import type { PostedJob, PostedValue, ToThread } from './thread-messages.js'

type Draft = { -readonly [K in keyof ToThread]: ToThread[K] }

const NO_INPUTS: readonly never[] = []

/** One message to a thread in the making: what a turn has for it goes in one. */
export class Outgoing {
  #draft: Draft = {}
  #jobs: PostedJob[] = []
  #functions = new Map<FunctionRef, number>()
  #heads: Uint8Array[] = []
  #headBytes = 0
  #watched = new Set<number>()
  #empty = true

  get isEmpty(): boolean {
    return this.#empty
  }

  addCode(artefact: Artefact): void {
    this.#add('code', artefact)
  }

  removeCode(hash: string): void {
    this.#add('uncode', hash)
  }

  put(number: number, value: Encoded): void {
    this.#add('values', [number, toPosted(value)] as const)
  }

  drop(number: number): void {
    this.#add('drop', number)
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
    this.#empty = false
  }

  abort(id: number): void {
    this.#add('abort', id)
  }

  retire(): void {
    this.#draft.retire = true
    this.#empty = false
  }

  addJob(job: Job, { cell, sequence }: CellRef, inputs: readonly LiveInput[]): void {
    const { head, buffers } = job.args
    this.#jobs.push({
      cell,
      sequence,
      id: job.id,
      key: job.key,
      runId: job.runId,
      attempt: job.attempt,
      function: this.#functionNumber(job.function),
      from: this.#headBytes,
      to: this.#headBytes + head.byteLength,
      buffers: buffers.map(compact),
      inputs: inputs.length === 0 ? NO_INPUTS : flat(inputs),
    })
    this.#heads.push(head)
    this.#headBytes += head.byteLength
    this.#empty = false
  }

  /** The message; the next one begins. */
  take(): ToThread {
    const draft = this.#draft
    if (this.#jobs.length > 0) {
      draft.jobs = this.#jobs
      draft.functions = [...this.#functions.keys()]
      draft.heads = joined(this.#heads, this.#headBytes)
    }
    this.#draft = {}
    this.#watched.clear()
    this.#jobs = []
    this.#functions = new Map()
    this.#heads = []
    this.#headBytes = 0
    this.#empty = true
    return draft
  }

  #functionNumber(ref: FunctionRef): number {
    let number = this.#functions.get(ref)
    if (number === undefined) {
      number = this.#functions.size
      this.#functions.set(ref, number)
    }
    return number
  }

  #add<P extends 'code' | 'uncode' | 'values' | 'drop' | 'abort' | 'watch' | 'lend'>(
    part: P,
    item: NonNullable<ToThread[P]>[number],
  ): void {
    const items = (this.#draft[part] ?? []) as unknown[]
    items.push(item)
    this.#draft[part] = items as never
    this.#empty = false
  }
}

function flat(inputs: readonly LiveInput[]): (Key | number)[] {
  return inputs.flatMap(({ key, number }) => [key, number])
}

function joined(heads: readonly Uint8Array[], nbytes: number): Uint8Array {
  if (nbytes === 0) return NO_BYTES
  const all = new Uint8Array(nbytes)
  let at = 0
  for (const head of heads) {
    all.set(head, at)
    at += head.byteLength
  }
  return all
}

function toPosted({ head, buffers, nbytes }: Encoded): PostedValue {
  return { head: compact(head), buffers: buffers.map(compact), nbytes }
}

/** Cloning a view copies all of the memory behind it, unless that is shared. */
function compact(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes
  return buffer instanceof SharedArrayBuffer || bytes.byteLength === buffer.byteLength ? bytes : bytes.slice()
}
