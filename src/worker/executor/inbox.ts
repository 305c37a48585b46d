import type { FunctionRef, Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { CellRef } from './cells.js'
import type { Job } from './executor.js'
import type { LiveInput } from './live-inputs.js'
import { Ring, unitsOf } from './ring.js'

/*
 * What is in the ring:
 *
 *   job     0, or 3 for one that changes its inputs · after · id · cell · sequence · runId · attempt · ref · key · head · inputs, then number and key of each
 *           input; then the bytes of ref, key, head and keys
 *   value   1 · after · number · nbytes · length; then the bytes
 *   drop    2 · after · number
 *
 * `after`: how many messages must have come before. A text is told by its length in bytes, negative where a character
 * takes two; a ref of no length is that of the job before. A job whose head has the length -1 has come by message.
 */
const JOB = 0
const MUTATING_JOB = 3
const VALUE = 1
const JOB_HEADER = 11
const VALUE_HEADER = 5
const DROP = 2
const DROP_HEADER = 3
const BY_MESSAGE = -1

/** What is larger, in bytes, goes by message. */
const LARGEST = 2048
const MOST_INPUTS = 32
/** Left by values for jobs: a job that comes by message always finds room. */
const SPARE_UNITS = 1024

/** A job as its thread gets it. */
export interface ReceivedJob extends CellRef {
  readonly id: number
  readonly runId: number
  readonly attempt: number
  readonly mutates: boolean
  /** Undefined: it has come by message. */
  readonly rest: JobRest | undefined
}

/** What can be large. */
export interface JobRest {
  readonly key: Key
  readonly function: FunctionRef
  /** The bytes of its arguments. */
  readonly head: Uint8Array
  /** Key and number of each input among the thread's values; flat. */
  readonly inputs: readonly (Key | number)[]
}

/** What a thread does with what stands in front of a job. */
export interface ValueTaker {
  put(number: number, head: Uint8Array, nbytes: number): void
  drop(number: number): void
}

const NO_INPUTS: readonly never[] = []

/** Jobs on their way from main to a thread, in order, with small values that they need. */
export class Inbox {
  readonly #ring: Ring
  /** Of the job before. */
  #ref: FunctionRef | undefined
  /** Where the bytes of the entry in hand go on. */
  #at = 0

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Ring(memory)
  }

  static of(nbytes: number): Inbox {
    return new Inbox(Ring.of(nbytes).memory)
  }

  get memory(): SharedArrayBuffer {
    return this.#ring.memory
  }

  /** Another job can be put, whatever values it brings along. */
  get hasRoom(): boolean {
    return this.#ring.room >= SPARE_UNITS
  }

  /** There is more, which may have to wait for a message. */
  get hasNext(): boolean {
    return this.#ring.next() !== undefined
  }

  /** True: the thread sleeps and has to be woken by a message. */
  ring(): boolean {
    return this.#ring.ring()
  }

  /** The thread is about to sleep, and looks once more. */
  answer(): void {
    this.#ring.answer()
  }

  /** False: it has to go by the message `next`, and only the place where it stands was put. */
  putJob(
    job: Job,
    { cell, sequence }: CellRef,
    inputs: readonly LiveInput[],
    { after, next }: { after: number; next: number },
  ): boolean {
    const at = mostBytesOf(job, inputs) <= LARGEST ? this.#reserveJob(job, inputs) : undefined
    const { numbers } = this.#ring
    const start = at ?? (this.#ring.reserve(JOB_HEADER) as number)
    numbers[start] = job.mutates ? MUTATING_JOB : JOB
    numbers[start + 1] = at === undefined ? next : after
    numbers[start + 2] = job.id
    numbers[start + 3] = cell
    numbers[start + 4] = sequence
    numbers[start + 5] = job.runId
    numbers[start + 6] = job.attempt
    numbers[start + 9] = BY_MESSAGE
    if (at === undefined) this.#ring.commit(start + JOB_HEADER)
    else this.#putRest(at, job, inputs)
    return at !== undefined
  }

  /** False: it has to go by message. */
  putValue(number: number, { head, buffers, nbytes }: Encoded, after: number): boolean {
    const units = VALUE_HEADER + unitsOf(head.byteLength)
    const isSmall = buffers.length === 0 && head.byteLength <= LARGEST && this.#ring.room >= units + SPARE_UNITS
    const at = isSmall ? this.#ring.reserve(units) : undefined
    if (at === undefined) return false
    const { numbers, bytes } = this.#ring
    numbers[at] = VALUE
    numbers[at + 1] = after
    numbers[at + 2] = number
    numbers[at + 3] = nbytes
    numbers[at + 4] = head.byteLength
    bytes.set(head, (at + VALUE_HEADER) * 8)
    this.#ring.commit(at + units)
    return true
  }

  /** The same of a value that is not needed any more. */
  putDrop(number: number, after: number): boolean {
    const at = this.#ring.room >= SPARE_UNITS ? this.#ring.reserve(DROP_HEADER) : undefined
    if (at === undefined) return false
    const { numbers } = this.#ring
    numbers[at] = DROP
    numbers[at + 1] = after
    numbers[at + 2] = number
    this.#ring.commit(at + DROP_HEADER)
    return true
  }

  /** The next job, if `messages` are enough for it; what stands in front of it is given to `values`. */
  take(messages: number, values: ValueTaker): ReceivedJob | undefined {
    const at = this.takeValues(messages, values)
    return at === undefined ? undefined : this.#takeJob(at)
  }

  /** Only what stands in front of the next job. Gives where that is. */
  takeValues(messages: number, values: ValueTaker): number | undefined {
    const { numbers } = this.#ring
    for (let at = this.#ring.next(); at !== undefined; at = this.#ring.next()) {
      if ((numbers[at + 1] as number) > messages) return undefined
      if (numbers[at] === JOB || numbers[at] === MUTATING_JOB) return at
      if (numbers[at] === VALUE) this.#takeValue(at, values)
      else this.#takeDrop(at, values)
    }
    return undefined
  }

  #reserveJob(job: Job, inputs: readonly LiveInput[]): number | undefined {
    return this.#ring.reserve(JOB_HEADER + 2 * inputs.length + unitsOf(mostBytesOf(job, inputs)))
  }

  #putRest(at: number, job: Job, inputs: readonly LiveInput[]): void {
    const { numbers, bytes } = this.#ring
    const { head } = job.args
    let position = at + JOB_HEADER
    this.#at = (position + 2 * inputs.length) * 8
    numbers[at + 7] = job.function === this.#ref ? 0 : this.#write(job.function)
    numbers[at + 8] = this.#write(job.key)
    numbers[at + 9] = head.byteLength
    bytes.set(head, this.#at)
    this.#at += head.byteLength
    numbers[at + 10] = inputs.length
    for (const { number, key } of inputs) {
      numbers[position++] = number
      numbers[position++] = this.#write(key)
    }
    this.#ref = job.function
    this.#ring.commit(unitsOf(this.#at))
  }

  #write(text: string): number {
    const { bytes } = this.#ring
    const from = this.#at
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0xff) {
        const length = bytes.write(text, from, 'utf16le')
        this.#at = from + length
        return -length
      }
      bytes[from + i] = code
    }
    this.#at = from + text.length
    return text.length
  }

  #takeJob(at: number): ReceivedJob {
    const { numbers } = this.#ring
    const job = {
      id: numbers[at + 2] as number,
      cell: numbers[at + 3] as number,
      sequence: numbers[at + 4] as number,
      runId: numbers[at + 5] as number,
      attempt: numbers[at + 6] as number,
      mutates: numbers[at] === MUTATING_JOB,
      rest: numbers[at + 9] === BY_MESSAGE ? undefined : this.#takeRest(at),
    }
    this.#ring.release(job.rest === undefined ? at + JOB_HEADER : unitsOf(this.#at))
    return job
  }

  #takeRest(at: number): JobRest {
    const { numbers } = this.#ring
    const count = numbers[at + 10] as number
    this.#at = (at + JOB_HEADER + 2 * count) * 8
    if (numbers[at + 7] !== 0) this.#ref = this.#read(numbers[at + 7] as number) as FunctionRef
    const key = this.#read(numbers[at + 8] as number)
    const length = numbers[at + 9] as number
    const head = this.#ring.copy(this.#at, length)
    this.#at += length
    const inputs = count === 0 ? NO_INPUTS : this.#takeInputs(at + JOB_HEADER, count)
    return { key, function: this.#ref as FunctionRef, head, inputs }
  }

  #takeInputs(at: number, count: number): (Key | number)[] {
    const { numbers } = this.#ring
    const inputs: (Key | number)[] = []
    for (let i = 0; i < count; i++)
      inputs.push(this.#read(numbers[at + 2 * i + 1] as number), numbers[at + 2 * i] as number)
    return inputs
  }

  #read(length: number): string {
    const from = this.#at
    this.#at = from + Math.abs(length)
    return this.#ring.bytes.toString(length < 0 ? 'utf16le' : 'latin1', from, this.#at)
  }

  #takeValue(at: number, values: ValueTaker): void {
    const { numbers } = this.#ring
    const length = numbers[at + 4] as number
    const head = this.#ring.copy((at + VALUE_HEADER) * 8, length)
    this.#ring.release(at + VALUE_HEADER + unitsOf(length))
    values.put(numbers[at + 2] as number, head, numbers[at + 3] as number)
  }

  #takeDrop(at: number, values: ValueTaker): void {
    const number = this.#ring.numbers[at + 2] as number
    this.#ring.release(at + DROP_HEADER)
    values.drop(number)
  }
}

/** Infinite for what never goes through the ring. */
function mostBytesOf({ args, key, function: ref }: Job, inputs: readonly LiveInput[]): number {
  if (args.buffers.length > 0 || inputs.length > MOST_INPUTS) return Number.POSITIVE_INFINITY
  let bytes = args.head.byteLength + 2 * (key.length + ref.length)
  for (const input of inputs) bytes += 2 * input.key.length
  return bytes
}
